import CCurl
import ImageCore
import SysextImage

/// libcurl's functions, loaded when the first URL is read.
///
/// Linked, it would come with thirty other libraries before each start of a program, which then takes half as long
/// again.
@safe struct CurlLibrary: Sendable {
  typealias Handle = OpaquePointer?
  typealias Number = UnsafeMutablePointer<Int32>?
  typealias Text = UnsafePointer<CChar>?
  typealias List = UnsafeMutablePointer<curl_slist>?

  let initialize: @Sendable @convention(c) (Int) -> CURLcode
  let free: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> Void
  let makeEasy: @Sendable @convention(c) () -> Handle
  let cleanUpEasy: @Sendable @convention(c) (Handle) -> Void
  let describe: @Sendable @convention(c) (CURLcode) -> Text
  let makeMulti: @Sendable @convention(c) () -> Handle
  let cleanUpMulti: @Sendable @convention(c) (Handle) -> CURLMcode
  let add: @Sendable @convention(c) (Handle, Handle) -> CURLMcode
  let remove: @Sendable @convention(c) (Handle, Handle) -> CURLMcode
  let perform: @Sendable @convention(c) (Handle, Number) -> CURLMcode
  let poll: @Sendable @convention(c) (Handle, UnsafeMutablePointer<curl_waitfd>?, UInt32, Int32, Number) -> CURLMcode
  let nextMessage: @Sendable @convention(c) (Handle, Number) -> UnsafeMutablePointer<CURLMsg>?
  let append: @Sendable @convention(c) (List, Text) -> List
  let freeList: @Sendable @convention(c) (List) -> Void
  let makeURL: @Sendable @convention(c) () -> Handle
  let cleanUpURL: @Sendable @convention(c) (Handle) -> Void
  let setPart: @Sendable @convention(c) (Handle, CURLUPart, Text, UInt32) -> CURLUcode
  let getPart:
    @Sendable @convention(c) (
      Handle, CURLUPart, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, UInt32
    ) -> CURLUcode
  /// The addresses of `curl_easy_setopt` and `curl_easy_getinfo`, for which Swift has no type.
  private let addresses: (setOption: UInt, getInformation: UInt)

  var setOption: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: addresses.setOption) }
  var getInformation: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: addresses.getInformation) }

  /// The library, loaded once.
  static var shared: CurlLibrary {
    get throws(ImageError) { try loaded.get() }
  }

  private static let loaded = Result { () throws(ImageError) in try CurlLibrary() }

  private init() throws(ImageError) {
    let library = try DynamicLibrary(
      "libcurl.so.4", "libcurl-gnutls.so.4", purpose: "URLs are read with libcurl")
    func find<F>(_ name: String) throws(ImageError) -> F { unsafe try library.function(name) }
    initialize = try find("curl_global_init")
    unsafe free = try unsafe find("curl_free")
    unsafe makeEasy = try unsafe find("curl_easy_init")
    unsafe cleanUpEasy = try unsafe find("curl_easy_cleanup")
    unsafe describe = try unsafe find("curl_easy_strerror")
    unsafe makeMulti = try unsafe find("curl_multi_init")
    unsafe cleanUpMulti = try unsafe find("curl_multi_cleanup")
    unsafe add = try unsafe find("curl_multi_add_handle")
    unsafe remove = try unsafe find("curl_multi_remove_handle")
    unsafe perform = try unsafe find("curl_multi_perform")
    unsafe poll = try unsafe find("curl_multi_poll")
    unsafe nextMessage = try unsafe find("curl_multi_info_read")
    unsafe append = try unsafe find("curl_slist_append")
    unsafe freeList = try unsafe find("curl_slist_free_all")
    unsafe makeURL = try unsafe find("curl_url")
    unsafe cleanUpURL = try unsafe find("curl_url_cleanup")
    unsafe setPart = try unsafe find("curl_url_set")
    unsafe getPart = try unsafe find("curl_url_get")
    addresses = (try library.address("curl_easy_setopt"), try library.address("curl_easy_getinfo"))
    guard initialize(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else {
      throw ImageError(.io, "libcurl cannot be initialized")
    }
  }
}
