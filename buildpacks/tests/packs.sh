# What all buildpacks have in common.

first_with() { printf "%s\n" "$here"/*/lib/"$1" | head -n 1; }
for file in output config-vars debs WEB_CONCURRENCY.sh; do
  for copy in "$here"/*/lib/$file; do
    pack=${copy#"$here/"}
    check "packs: lib/$file of ${pack%%/*} is the one all have" cmp "$copy" "$(first_with "$file")"
  done
done
every_pack_is_ordered() { equals "$(sort "$here/order" | xargs)" "$(cd "$here" && printf '%s\n' */bin/detect | cut -d/ -f1 | sort | xargs)"; }
check "packs: each has its place in the order of detection" every_pack_is_ordered
