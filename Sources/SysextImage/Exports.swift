// What a user of the library needs beside it: the only re-exports of the package.
@_exported public import Archives
@_exported public import EROFS
@_exported public import FileTree
@_exported public import GPT
@_exported public import ImageCore
@_exported public import SystemPackage
