# What compile needs to know of package.json, as shell assignments.
def object: if type == "object" then . else {} end;
def text: if type == "string" then . else "" end;
def lifecycle: ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
def building: ["heroku-prebuild", "build", "heroku-postbuild", "heroku-cleanup"];

(.scripts | object) as $scripts | (.engines | object) as $engines |
{
  node_range: ($engines.node | text),
  npm_range: ($engines.npm | text),
  yarn_range: ($engines.yarn | text),
  pnpm_range: ($engines.pnpm | text),
  # "pnpm@9.1.0+sha512...." names a program and one version.
  package_manager: (.packageManager | text | sub("\\+.*"; "")),
  dependencies: ([.dependencies, .devDependencies, .optionalDependencies, .peerDependencies | object | length] | add),
  development: (.devDependencies | object | length),
  workspaces: (has("workspaces")),
  # Scripts that a package manager runs by itself while it installs.
  lifecycle: ($scripts | keys | any(IN(lifecycle[]))),
  builds: ($scripts | keys | any(IN(building[]))),
  scripts: ($scripts | to_entries | map(select(.value | type == "string" and length > 0) | .key) | join(" ")),
  cache_directories: (.cacheDirectories // .cache_directories // [] | if type == "array" then map(strings) | join("\n") else "" end)
}
| to_entries[] | "\(.key)=\(.value | tostring | @sh)"
