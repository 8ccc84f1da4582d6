import Testing

@testable import SysextPackages

/// Commands that scriptlets have, as packages are built with the macros of openSUSE and Fedora.
@Suite struct ScriptletRulesTests {
  private func actions(_ script: String, files: [String] = [], presets: ScriptletOptions.Presets = .report)
    -> [ScriptletAction]?
  {
    let commands = ScriptReaderTests.read(script, files: files, presets: presets)
    let verdict = commands.map(\.verdict).max()
    return verdict == .unhandled ? nil : commands.flatMap(\.actions)
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func harmlessMacros() {
    let scripts = [
      // service_add_pre, service_del_postun, tmpfiles_create, sysusers_create
      "if [ -x /usr/lib/systemd/systemd-update-helper ]; then\n\t/usr/lib/systemd/systemd-update-helper mark-install-system-units a.service || :\nfi",
      "if [ $1 -ge 1 ] && [ -x \"/usr/lib/systemd/systemd-update-helper\" ]; then\n  # upgrade\n  /usr/lib/systemd/systemd-update-helper mark-restart-system-units a.service || :\nfi",
      "[ -z \"${TRANSACTIONAL_UPDATE}\" ] && [ -x /usr/bin/systemd-tmpfiles ] &&\n\t/usr/bin/systemd-tmpfiles --create a.conf || :",
      "command -v systemd-sysusers >/dev/null && systemd-sysusers a.conf || :",
      "systemd-sysusers --replace=/usr/lib/sysusers.d/a.conf - <<SYSTEMD_INLINE_EOF || :\nu a - \"A\" /\nSYSTEMD_INLINE_EOF\n",
      "systemd-tmpfiles --replace=/usr/lib/tmpfiles.d/a.conf --create - <<SYSTEMD_INLINE_EOF || :\nd /run/a\nSYSTEMD_INLINE_EOF\n",
      "/sbin/ldconfig", "test -x /sbin/ldconfig && /sbin/ldconfig || :",
      "test -x /sbin/install-info && /sbin/install-info --info-dir=/usr/share/info /usr/share/info/a.info.gz || :",
      "systemctl daemon-reload >/dev/null 2>&1 || :", "systemctl try-restart a.service",
      "for i in logrotate.d/a ; do\n   test -f /etc/${i}.rpmsave && mv -v /etc/${i}.rpmsave /etc/${i}.rpmsave.old ||:\ndone",
      "/usr/bin/chkstat -n --warn --system -e /usr/bin/a 1>&2", "update-alternatives --remove a /usr/bin/a-1",
      "if [ $1 -eq 0 ]; then semodule -r a; fi", "udevadm control --reload-rules || :",
    ]
    let files = ["/usr/lib/sysusers.d/a.conf", "/usr/lib/tmpfiles.d/a.conf", "/usr/lib/systemd/system/a.service"]
    for script in scripts { #expect(actions(script, files: files) == [], "\(script)") }
  }

  @Test func unhandledMacros() {
    let scripts = [
      // fillup_only, regenerate_initrd_post, set_permissions, selinux_modules_install, caches
      """
      FILLUP=/usr/share/fillup-templates/sysconfig.a
      if [ -x /bin/fillup ] ; then
        if [ -f $FILLUP ] ; then
          mkdir -p /etc/sysconfig/; touch /etc/sysconfig/a
          /bin/fillup -q /etc/sysconfig/a $FILLUP
        fi
      fi
      """,
      "if test -x /usr/lib/module-init-tools/regenerate-initrd-posttrans; then\n  /bin/bash -${-/e/} /usr/lib/module-init-tools/regenerate-initrd-posttrans\nfi",
      "if [ -x /usr/bin/chkstat ]; then\n/usr/bin/chkstat -n --set --system /usr/bin/a\nfi",
      """
      if [ -e /etc/selinux/config ]; then . /etc/selinux/config; fi
      _policytype=targeted
      if [ "${SELINUXTYPE}" = "${_policytype}" ]; then
        /usr/sbin/semodule -n -s ${_policytype} -X 200 -i /usr/share/selinux/packages/a.pp.bz2 || :
        /usr/sbin/selinuxenabled && /usr/sbin/load_policy || :
      fi
      """,
      "/usr/bin/glib-compile-schemas /usr/share/glib-2.0/schemas/ &> /dev/null || :",
      "/usr/bin/gtk-update-icon-cache --quiet --force /usr/share/icons/hicolor &>/dev/null || :",
      "/usr/bin/update-desktop-database &> /dev/null || :",
      "/usr/bin/update-mime-database /usr/share/mime &> /dev/null || :",
      "systemctl --no-reload preset a.service >/dev/null 2>&1 || :", "systemctl start a.service",
      "systemctl try-restart b.service",
      "systemctl --user enable a", "systemctl mask a", "systemctl restart a.service", "udevadm trigger", "depmod -a",
      "dracut -f",
      "systemd-sysusers b.conf", "systemd-tmpfiles --create b.conf", "systemd-tmpfiles --remove a.conf",
      "systemd-tmpfiles --create - <<E\nd /a\nE\n", "ldconfig /opt/a", "ldconfig -r /a",
      "chmod 755 /usr/bin/missing", "chmod u+s /usr/bin/a", "chmod -R 755 /usr/bin/a", "chmod 755 $A",
      "chown a: /usr/bin/a",
      "setcap cap_nothing=ep /usr/bin/a", "useradd a", "useradd -r -p x a", "useradd -r 'a b'", "useradd -r -c a:b a",
      "useradd -r -c 'a\nu b' a", "useradd -r -d '/a b' a", "groupadd a", "groupadd -r a b", "usermod -G a b",
      "userdel a",
      "update-alternatives --set a /usr/bin/a", "update-alternatives --install /usr/bin/a a",
      "update-alternatives --install /usr/bin/a a /usr/bin/b $1x",
      "update-alternatives --install /usr/../a a /usr/bin/b 1",
    ]
    let files = ["/usr/lib/systemd/system/a.service", "/usr/bin/a"]
    for script in scripts { #expect(actions(script, files: files) == nil, "\(script)") }
  }

  @Test func services() {
    let new =
      "if [ $1 -eq 1 ] && [ -x \"/usr/lib/systemd/systemd-update-helper\" ]; then\n    # Initial installation\n    /usr/lib/systemd/systemd-update-helper install-system-units a.service b.timer || :\nfi"
    let both: [ScriptletAction] = [.enable(unit: bytes("a.service")), .enable(unit: bytes("b.timer"))]
    #expect(actions(new) == nil)
    #expect(actions(new, presets: .enable) == both)
    #expect(actions(new, presets: .ignore) == [])
    let old = "if [ $1 -eq 1 ] ; then\n  systemctl --no-reload preset a.service b.timer >/dev/null 2>&1 || :\nfi"
    #expect(actions(old, presets: .enable) == both)
    #expect(actions("systemctl enable --now a") == [.enable(unit: bytes("a.service"))])
    #expect(actions("systemctl enable 'a*'") == nil)
    #expect(actions("systemctl enable /tmp/a.service") == nil)
  }

  @Test func alternatives() {
    let script = """
      "/usr/sbin/update-alternatives" --install \\
        /usr/bin/a a /usr/bin/a-3 -30 \\
        --slave /usr/share/man/man1/a.1.gz a.1 /usr/share/man/man1/a-3.1.gz \\
        --slave /usr/bin/b b /usr/bin/b-3
      """
    #expect(
      actions(script) == [
        .alternative(
          link: bytes("/usr/bin/a"), name: bytes("a"), path: bytes("/usr/bin/a-3"), priority: -30,
          slaves: [
            AlternativeLink(
              link: bytes("/usr/share/man/man1/a.1.gz"), name: bytes("a.1"),
              path: bytes("/usr/share/man/man1/a-3.1.gz")),
            AlternativeLink(link: bytes("/usr/bin/b"), name: bytes("b"), path: bytes("/usr/bin/b-3")),
          ])
      ])
    let variables = "V=3.11\nfor i in a b; do update-alternatives --install /usr/bin/$i $i /usr/bin/${i}-$V 1; done"
    #expect(actions(variables)?.count == 2)
    #expect(
      actions(variables)?.last
        == .alternative(
          link: bytes("/usr/bin/b"), name: bytes("b"), path: bytes("/usr/bin/b-3.11"), priority: 1, slaves: []))
  }

  @Test func users() {
    let script = """
      getent group a >/dev/null || /usr/sbin/groupadd -r a
      getent passwd a >/dev/null || \\
        useradd -r -g a -G wheel,video -d /var/lib/a -M -s /sbin/nologin -c "100% A" a
      usermod -a -G b a || :
      groupadd -g 71 c; useradd -rMu 72 -gb d
      exit 0
      """
    let lines = [
      "g a -", "u a - \"100%% A\" /var/lib/a /sbin/nologin", "m a wheel", "m a video", "m a b", "g c 71",
      "u d 72:b - - -",
    ]
    let actions = actions(script)
    let made = actions?.map { action -> String in
      switch action {
      case .user(_, let line), .group(_, let line), .member(_, _, let line): String(decoding: line, as: UTF8.self)
      default: "other"
      }
    }
    #expect(made == lines)
    let inline = "systemd-sysusers - <<E\n# b\nu  b 5\ng c -\nm b c\nE\n"
    #expect(
      self.actions(inline) == [
        .user(name: bytes("b"), line: bytes("u  b 5")), .group(name: bytes("c"), line: bytes("g c -")),
        .member(user: bytes("b"), group: bytes("c"), line: bytes("m b c")),
      ])
    #expect(self.actions("systemd-sysusers - <<E\nx b\nE\n") == nil)
  }

  @Test func attributes() {
    let script =
      "chmod 4755 /usr/bin/a\nchown root:b /usr/bin/a\nchgrp b /usr/bin/a\nsetcap cap_net_raw=ep /usr/bin/a || :"
    #expect(
      actions(script, files: ["/usr/bin/a"]) == [
        .mode(path: bytes("/usr/bin/a"), mode: 0o4755),
        .owner(path: bytes("/usr/bin/a"), user: bytes("root"), group: bytes("b")),
        .owner(path: bytes("/usr/bin/a"), user: nil, group: bytes("b")),
        .capabilities(path: bytes("/usr/bin/a"), text: "cap_net_raw=ep"),
      ])
  }
}
