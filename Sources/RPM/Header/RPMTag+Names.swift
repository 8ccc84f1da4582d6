// The tags that this module itself reads, by their names in rpm.

extension RPMTag {
  /// NAME.
  public static let name = RPMTag(rawValue: 1000)
  /// VERSION.
  public static let version = RPMTag(rawValue: 1001)
  /// RELEASE.
  public static let release = RPMTag(rawValue: 1002)
  /// EPOCH.
  public static let epoch = RPMTag(rawValue: 1003)
  /// SUMMARY.
  public static let summary = RPMTag(rawValue: 1004)
  /// DESCRIPTION.
  public static let description = RPMTag(rawValue: 1005)
  /// BUILDTIME.
  public static let buildTime = RPMTag(rawValue: 1006)
  /// BUILDHOST.
  public static let buildHost = RPMTag(rawValue: 1007)
  /// DISTRIBUTION.
  public static let distribution = RPMTag(rawValue: 1010)
  /// VENDOR.
  public static let vendor = RPMTag(rawValue: 1011)
  /// LICENSE.
  public static let license = RPMTag(rawValue: 1014)
  /// PACKAGER.
  public static let packager = RPMTag(rawValue: 1015)
  /// GROUP.
  public static let group = RPMTag(rawValue: 1016)
  /// URL.
  public static let url = RPMTag(rawValue: 1020)
  /// OS.
  public static let os = RPMTag(rawValue: 1021)
  /// ARCH.
  public static let arch = RPMTag(rawValue: 1022)
  /// SOURCERPM.
  public static let sourceRPM = RPMTag(rawValue: 1044)
  /// FILESTATES: of a database's packages, what became of each file.
  public static let fileStates = RPMTag(rawValue: 1029)
  /// SOURCEPACKAGE.
  public static let sourcePackage = RPMTag(rawValue: 1106)
  /// PAYLOADFORMAT.
  public static let payloadFormat = RPMTag(rawValue: 1124)
  /// PAYLOADCOMPRESSOR.
  public static let payloadCompressor = RPMTag(rawValue: 1125)
  /// PAYLOADFLAGS.
  public static let payloadFlags = RPMTag(rawValue: 1126)
  /// ARCHIVESIZE.
  public static let archiveSize = RPMTag(rawValue: 1046)
  /// RPMVERSION.
  public static let rpmVersion = RPMTag(rawValue: 1064)
  /// RPMFORMAT.
  public static let rpmFormat = RPMTag(rawValue: 5114)
  /// SOURCENEVR.
  public static let sourceNEVR = RPMTag(rawValue: 5120)
  /// BUGURL.
  public static let bugURL = RPMTag(rawValue: 5012)
  /// VCS.
  public static let vcs = RPMTag(rawValue: 5034)
  /// SIZE.
  public static let size = RPMTag(rawValue: 1009)
  /// LONGSIZE.
  public static let longSize = RPMTag(rawValue: 5009)
  /// ENCODING.
  public static let encoding = RPMTag(rawValue: 5062)

  /// OLDFILENAMES.
  public static let oldFileNames = RPMTag(rawValue: 1027)
  /// FILESIZES.
  public static let fileSizes = RPMTag(rawValue: 1028)
  /// LONGFILESIZES.
  public static let longFileSizes = RPMTag(rawValue: 5008)
  /// FILEMODES.
  public static let fileModes = RPMTag(rawValue: 1030)
  /// FILERDEVS.
  public static let fileRDevs = RPMTag(rawValue: 1033)
  /// FILEMTIMES.
  public static let fileMTimes = RPMTag(rawValue: 1034)
  /// FILEDIGESTS.
  public static let fileDigests = RPMTag(rawValue: 1035)
  /// FILEDIGESTALGO.
  public static let fileDigestAlgo = RPMTag(rawValue: 5011)
  /// FILELINKTOS.
  public static let fileLinkTos = RPMTag(rawValue: 1036)
  /// FILEFLAGS.
  public static let fileFlags = RPMTag(rawValue: 1037)
  /// FILEUSERNAME.
  public static let fileUserName = RPMTag(rawValue: 1039)
  /// FILEGROUPNAME.
  public static let fileGroupName = RPMTag(rawValue: 1040)
  /// FILEVERIFYFLAGS.
  public static let fileVerifyFlags = RPMTag(rawValue: 1045)
  /// FILEDEVICES.
  public static let fileDevices = RPMTag(rawValue: 1095)
  /// FILEINODES.
  public static let fileInodes = RPMTag(rawValue: 1096)
  /// FILELANGS.
  public static let fileLangs = RPMTag(rawValue: 1097)
  /// DIRINDEXES.
  public static let dirIndexes = RPMTag(rawValue: 1116)
  /// BASENAMES.
  public static let baseNames = RPMTag(rawValue: 1117)
  /// DIRNAMES.
  public static let dirNames = RPMTag(rawValue: 1118)
  /// FILECOLORS.
  public static let fileColors = RPMTag(rawValue: 1140)
  /// FILECLASS.
  public static let fileClass = RPMTag(rawValue: 1141)
  /// CLASSDICT.
  public static let classDict = RPMTag(rawValue: 1142)
  /// FILEMIMEINDEX.
  public static let fileMIMEIndex = RPMTag(rawValue: 5115)
  /// MIMEDICT.
  public static let mimeDict = RPMTag(rawValue: 5116)
  /// FILECAPS.
  public static let fileCaps = RPMTag(rawValue: 5010)

  /// PAYLOADSHA256.
  public static let payloadSHA256 = RPMTag(rawValue: 5092)
  /// PAYLOADSHA256ALGO.
  public static let payloadSHA256Algo = RPMTag(rawValue: 5093)
  /// PAYLOADSHA256ALT.
  public static let payloadSHA256Alt = RPMTag(rawValue: 5097)
  /// PAYLOADSHA512.
  public static let payloadSHA512 = RPMTag(rawValue: 5121)
  /// PAYLOADSHA512ALT.
  public static let payloadSHA512Alt = RPMTag(rawValue: 5122)
  /// PAYLOADSHA3_256.
  public static let payloadSHA3 = RPMTag(rawValue: 5123)
  /// PAYLOADSHA3_256ALT.
  public static let payloadSHA3Alt = RPMTag(rawValue: 5124)
  /// PAYLOADSIZE.
  public static let payloadSize = RPMTag(rawValue: 5112)
  /// PAYLOADSIZEALT.
  public static let payloadSizeAlt = RPMTag(rawValue: 5113)
}
