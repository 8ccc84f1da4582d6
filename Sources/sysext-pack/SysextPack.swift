@main struct SysextPack { static func main() {} }
