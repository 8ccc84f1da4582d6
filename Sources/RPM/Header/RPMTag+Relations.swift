// The tags of dependencies, scriptlets and triggers, by their names in rpm.

extension RPMTag {
  /// PROVIDENAME.
  public static let provideName = RPMTag(rawValue: 1047)
  /// PROVIDEFLAGS.
  public static let provideFlags = RPMTag(rawValue: 1112)
  /// PROVIDEVERSION.
  public static let provideVersion = RPMTag(rawValue: 1113)
  /// REQUIRENAME.
  public static let requireName = RPMTag(rawValue: 1049)
  /// REQUIREFLAGS.
  public static let requireFlags = RPMTag(rawValue: 1048)
  /// REQUIREVERSION.
  public static let requireVersion = RPMTag(rawValue: 1050)
  /// CONFLICTNAME.
  public static let conflictName = RPMTag(rawValue: 1054)
  /// CONFLICTFLAGS.
  public static let conflictFlags = RPMTag(rawValue: 1053)
  /// CONFLICTVERSION.
  public static let conflictVersion = RPMTag(rawValue: 1055)
  /// OBSOLETENAME.
  public static let obsoleteName = RPMTag(rawValue: 1090)
  /// OBSOLETEFLAGS.
  public static let obsoleteFlags = RPMTag(rawValue: 1114)
  /// OBSOLETEVERSION.
  public static let obsoleteVersion = RPMTag(rawValue: 1115)
  /// RECOMMENDNAME.
  public static let recommendName = RPMTag(rawValue: 5046)
  /// RECOMMENDFLAGS.
  public static let recommendFlags = RPMTag(rawValue: 5048)
  /// RECOMMENDVERSION.
  public static let recommendVersion = RPMTag(rawValue: 5047)
  /// SUGGESTNAME.
  public static let suggestName = RPMTag(rawValue: 5049)
  /// SUGGESTFLAGS.
  public static let suggestFlags = RPMTag(rawValue: 5051)
  /// SUGGESTVERSION.
  public static let suggestVersion = RPMTag(rawValue: 5050)
  /// SUPPLEMENTNAME.
  public static let supplementName = RPMTag(rawValue: 5052)
  /// SUPPLEMENTFLAGS.
  public static let supplementFlags = RPMTag(rawValue: 5054)
  /// SUPPLEMENTVERSION.
  public static let supplementVersion = RPMTag(rawValue: 5053)
  /// ENHANCENAME.
  public static let enhanceName = RPMTag(rawValue: 5055)
  /// ENHANCEFLAGS.
  public static let enhanceFlags = RPMTag(rawValue: 5057)
  /// ENHANCEVERSION.
  public static let enhanceVersion = RPMTag(rawValue: 5056)
  /// ORDERNAME.
  public static let orderName = RPMTag(rawValue: 5035)
  /// ORDERFLAGS.
  public static let orderFlags = RPMTag(rawValue: 5037)
  /// ORDERVERSION.
  public static let orderVersion = RPMTag(rawValue: 5036)
  /// OLDSUGGESTSNAME.
  public static let oldSuggestsName = RPMTag(rawValue: 1156)
  /// OLDSUGGESTSFLAGS.
  public static let oldSuggestsFlags = RPMTag(rawValue: 1158)
  /// OLDSUGGESTSVERSION.
  public static let oldSuggestsVersion = RPMTag(rawValue: 1157)
  /// OLDENHANCESNAME.
  public static let oldEnhancesName = RPMTag(rawValue: 1159)
  /// OLDENHANCESFLAGS.
  public static let oldEnhancesFlags = RPMTag(rawValue: 1161)
  /// OLDENHANCESVERSION.
  public static let oldEnhancesVersion = RPMTag(rawValue: 1160)

  /// PREIN.
  public static let preIn = RPMTag(rawValue: 1023)
  /// PREINPROG.
  public static let preInProg = RPMTag(rawValue: 1085)
  /// PREINFLAGS.
  public static let preInFlags = RPMTag(rawValue: 5020)
  /// POSTIN.
  public static let postIn = RPMTag(rawValue: 1024)
  /// POSTINPROG.
  public static let postInProg = RPMTag(rawValue: 1086)
  /// POSTINFLAGS.
  public static let postInFlags = RPMTag(rawValue: 5021)
  /// PREUN.
  public static let preUn = RPMTag(rawValue: 1025)
  /// PREUNPROG.
  public static let preUnProg = RPMTag(rawValue: 1087)
  /// PREUNFLAGS.
  public static let preUnFlags = RPMTag(rawValue: 5022)
  /// POSTUN.
  public static let postUn = RPMTag(rawValue: 1026)
  /// POSTUNPROG.
  public static let postUnProg = RPMTag(rawValue: 1088)
  /// POSTUNFLAGS.
  public static let postUnFlags = RPMTag(rawValue: 5023)
  /// PRETRANS.
  public static let preTrans = RPMTag(rawValue: 1151)
  /// PRETRANSPROG.
  public static let preTransProg = RPMTag(rawValue: 1153)
  /// PRETRANSFLAGS.
  public static let preTransFlags = RPMTag(rawValue: 5024)
  /// POSTTRANS.
  public static let postTrans = RPMTag(rawValue: 1152)
  /// POSTTRANSPROG.
  public static let postTransProg = RPMTag(rawValue: 1154)
  /// POSTTRANSFLAGS.
  public static let postTransFlags = RPMTag(rawValue: 5025)
  /// PREUNTRANS.
  public static let preUnTrans = RPMTag(rawValue: 5103)
  /// PREUNTRANSPROG.
  public static let preUnTransProg = RPMTag(rawValue: 5105)
  /// PREUNTRANSFLAGS.
  public static let preUnTransFlags = RPMTag(rawValue: 5107)
  /// POSTUNTRANS.
  public static let postUnTrans = RPMTag(rawValue: 5104)
  /// POSTUNTRANSPROG.
  public static let postUnTransProg = RPMTag(rawValue: 5106)
  /// POSTUNTRANSFLAGS.
  public static let postUnTransFlags = RPMTag(rawValue: 5108)
  /// VERIFYSCRIPT.
  public static let verifyScript = RPMTag(rawValue: 1079)
  /// VERIFYSCRIPTPROG.
  public static let verifyScriptProg = RPMTag(rawValue: 1091)
  /// VERIFYSCRIPTFLAGS.
  public static let verifyScriptFlags = RPMTag(rawValue: 5026)

  /// TRIGGERSCRIPTS.
  public static let triggerScripts = RPMTag(rawValue: 1065)
  /// TRIGGERSCRIPTPROG.
  public static let triggerScriptProg = RPMTag(rawValue: 1092)
  /// TRIGGERSCRIPTFLAGS.
  public static let triggerScriptFlags = RPMTag(rawValue: 5027)
  /// TRIGGERNAME.
  public static let triggerName = RPMTag(rawValue: 1066)
  /// TRIGGERVERSION.
  public static let triggerVersion = RPMTag(rawValue: 1067)
  /// TRIGGERFLAGS.
  public static let triggerFlags = RPMTag(rawValue: 1068)
  /// TRIGGERINDEX.
  public static let triggerIndex = RPMTag(rawValue: 1069)
  /// FILETRIGGERSCRIPTS.
  public static let fileTriggerScripts = RPMTag(rawValue: 5066)
  /// FILETRIGGERSCRIPTPROG.
  public static let fileTriggerScriptProg = RPMTag(rawValue: 5067)
  /// FILETRIGGERSCRIPTFLAGS.
  public static let fileTriggerScriptFlags = RPMTag(rawValue: 5068)
  /// FILETRIGGERNAME.
  public static let fileTriggerName = RPMTag(rawValue: 5069)
  /// FILETRIGGERVERSION.
  public static let fileTriggerVersion = RPMTag(rawValue: 5071)
  /// FILETRIGGERFLAGS.
  public static let fileTriggerFlags = RPMTag(rawValue: 5072)
  /// FILETRIGGERINDEX.
  public static let fileTriggerIndex = RPMTag(rawValue: 5070)
  /// FILETRIGGERPRIORITIES.
  public static let fileTriggerPriorities = RPMTag(rawValue: 5084)
  /// TRANSFILETRIGGERSCRIPTS.
  public static let transFileTriggerScripts = RPMTag(rawValue: 5076)
  /// TRANSFILETRIGGERSCRIPTPROG.
  public static let transFileTriggerScriptProg = RPMTag(rawValue: 5077)
  /// TRANSFILETRIGGERSCRIPTFLAGS.
  public static let transFileTriggerScriptFlags = RPMTag(rawValue: 5078)
  /// TRANSFILETRIGGERNAME.
  public static let transFileTriggerName = RPMTag(rawValue: 5079)
  /// TRANSFILETRIGGERVERSION.
  public static let transFileTriggerVersion = RPMTag(rawValue: 5081)
  /// TRANSFILETRIGGERFLAGS.
  public static let transFileTriggerFlags = RPMTag(rawValue: 5082)
  /// TRANSFILETRIGGERINDEX.
  public static let transFileTriggerIndex = RPMTag(rawValue: 5080)
  /// TRANSFILETRIGGERPRIORITIES.
  public static let transFileTriggerPriorities = RPMTag(rawValue: 5085)
}
