# The buildpack for Debian packages.

new_app apt-qrcode
check "Apt: the example is detected" detect apt
check "Apt: without network, the build fails" build_fails bookworm apt
check "Apt: ... saying what has to be reached" says "reach the stack's package archive"
new_app; printf '# nothing\n\n' > "$app/Aptfile"
check "Apt: an Aptfile without packages builds" build bookworm apt
new_app; echo '/etc/passwd' > "$app/Aptfile"
check "Apt: what is no package fails the build" build_fails bookworm apt
check "Apt: ... by name" says "the line '/etc/passwd'"

# A package of the application's own, which needs no network.
own_package() {
  local tree=$work/deb$number
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/$1"
  printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: test\n' "$1" > "$tree/DEBIAN/control"
  printf '#!/bin/sh\necho "from a package of its own"\n' > "$tree/usr/lib/$1/run"
  chmod 4755 "$tree/usr/lib/$1/run"
  ln -s "/usr/lib/$1/run" "$tree/usr/bin/$1"
  dpkg-deb --build --root-owner-group "$tree" "$app/$1.deb" >/dev/null
}
new_app; own_package speak; echo speak.deb > "$app/Aptfile"
check "Apt: a package file of the repository" build bookworm apt
boot_only bookworm speak
check "Apt: ... is on the PATH, its links lead into .apt" equals "$(exit_code) $(docker logs "$container")" "0 from a package of its own"
check "Apt: ... no file gives rights away" equals "$(find "$app/.apt" -perm /6000)" ""

if reaches_debian; then
  new_app apt-qrcode
  check "Apt: packages are fetched with what they need" online build bookworm apt
  check "Apt: ... a library among them" says "libqrencode4 "
  check "Apt: ... the same twice" online builds_alike bookworm apt apt-qrcode
  check "Apt: the example boots" boot bookworm "$(sed -n 's/^web: //p' "$app/Procfile")"
  check "Apt: the program finds its library" body_says /text "█"
  new_app; echo 'nonesuch-package' > "$app/Aptfile"
  online_fails() { ! online build "$@"; }
  check "Apt: a package that nobody has fails the build" online_fails bookworm apt
  check "Apt: ... by name" says "nonesuch-package"
else
  skip "Apt: Debian's archive is not reached from here; fetching is not tested"
fi
end
