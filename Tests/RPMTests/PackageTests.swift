import RPM
import Testing
@Suite struct PackageTests {}
