# What compile needs to know, as shell assignments. Input: [composer.json, composer.lock or {}].
def object: if type == "object" then . else {} end;
def platform_only: object | keys | all(test("^(php(-.*)?|hhvm|ext-.*|lib-.*|composer(-(runtime|plugin)-api)?)$"));

.[0] as $root | .[1] as $lock |
($root.config | object) as $config |
($config["vendor-dir"] // "vendor" | rtrimstr("/")) as $vendor |
{
  vendor_dir: $vendor,
  bin_dir: ($config["bin-dir"] // "\($vendor)/bin" | sub("^\\$?\\{?\\$vendor-dir\\}?"; $vendor) | rtrimstr("/")),
  requires: ($root.require | object | length),
  extensions: ([($root.require | object | keys[]), ($lock.platform | object | keys[]),
    ($lock.packages // [] | .[] | .require | object | keys[])] | map(select(startswith("ext-"))) | unique | join(" ")),
  provided: ([$lock.packages // [] | .[] | (.provide, .replace) | object | keys[]] | unique | join(" ")),
  # Only requirements on PHP itself: nothing to download.
  platform_only: (($root.require | platform_only) and (($lock.packages // []) | length == 0)),
  # The generated autoloader then depends on nothing but these two files.
  plain: (($root.autoload | object | length == 0) and ($root.scripts | object | length == 0)),
  compile_script: ($root.scripts | object | has("compile")),
  empty: ($root == {} and $lock == {})
}
| to_entries[] | "\(.key)=\(.value | tostring | @sh)"
