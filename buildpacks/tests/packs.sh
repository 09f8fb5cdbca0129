# What all buildpacks have in common.

for file in output config-vars; do
  for copy in "$here"/*/lib/$file; do
    pack=${copy#"$here/"}
    check "packs: lib/$file of ${pack%%/*} is the one all have" cmp "$copy" "$here/nodejs/lib/$file"
  done
done
every_pack_is_ordered() { equals "$(sort "$here/order" | xargs)" "$(cd "$here" && printf '%s\n' */bin/detect | cut -d/ -f1 | sort | xargs)"; }
check "packs: each has its place in the order of detection" every_pack_is_ordered
