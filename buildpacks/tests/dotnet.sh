# The .NET buildpack.

project() { # project DIRECTORY NAME SDK [PROPERTIES]
  mkdir -p "$app/$1"
  echo "<Project Sdk=\"$3\"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>${4:-}</PropertyGroup></Project>" > "$app/$1/$2.csproj"
}

new_app dotnet-hello
check ".NET: the example is detected" detect dotnet
check ".NET: the example builds without network" build bookworm dotnet
check ".NET: the web type binds the port" releases '  web: cd bin/publish; ./dotnet-hello --urls http://*:$PORT'
check ".NET: the slug asks for the shared runtime" equals "$(<"$app/.minipaas/mounts")" dotnet
check ".NET: the slug is small" bash -c '(($(du -sk "$1" | cut -f1) < 1000))' - "$app"
web='cd bin/publish; ./dotnet-hello --urls http://*:$PORT'
check ".NET: ... the same twice" builds_alike bookworm dotnet dotnet-hello
check ".NET: the example boots" boot bookworm "$web" --env GREETING=Servus
check ".NET: the example answers" body_says / "Servus from .NET 10"
check ".NET: stops gracefully" stops_with 0
# A checkout may give every file the time of an old commit.
rebuild() { rm -rf "$app"/{bin,.minipaas,.profile.d}; touch --date 2001-01-01 "$app"/*; build bookworm dotnet; }
sed -i 's/ from .NET/ again from .NET/' "$app/Program.cs"
check ".NET: a change is built on what the last build left" rebuild
boot bookworm "$web"
check ".NET: ... and is in the result" body_says / "Hello again from"
sed -i 's/ again from/ broken" from/' "$app/Program.cs"
rebuild_fails() { ! rebuild; }
check ".NET: an error of the compiler fails the build" rebuild_fails
check ".NET: ... at its place" says "Program.cs(3,"
sed -i 's/ broken" from/ again from/' "$app/Program.cs"
check ".NET: after a failed build, the old text builds again" rebuild
boot bookworm "$web"
check ".NET: ... to the old result" body_says / "Hello again from"
end

new_app; project . api Microsoft.NET.Sdk.Web; echo '{"sdk":{"version":"8.0.100"}} // pinned' > "$app/global.json"
check ".NET: a global.json nobody satisfies fails the build" build_fails bookworm dotnet
check ".NET: ... naming what is on offer" says "On offer: SDK 10."
new_app; project . api Microsoft.NET.Sdk.Web; touch "$app/one.sln" "$app/two.sln"
check ".NET: two solutions fail the build" build_fails bookworm dotnet
check ".NET: ... and say how to choose" says "SOLUTION_FILE"
new_app; project . api Microsoft.NET.Sdk.Web; sed -i 's/net10.0/net99.0/' "$app/api.csproj"
check ".NET: a framework of the future fails the build" build_fails bookworm dotnet
check ".NET: ... by name" says "targets net99.0"
new_app; project . api Microsoft.NET.Sdk.Web; sed -i 's/net10.0/net8.0-windows/' "$app/api.csproj"
check ".NET: a framework for Windows fails the build" build_fails bookworm dotnet

# A solution with a web application, a console program and a library they share.
new_app
project Site Site Microsoft.NET.Sdk.Web
project Tools/Import Data.Import Microsoft.NET.Sdk "<OutputType>Exe</OutputType>"
project Shared Shared Microsoft.NET.Sdk
for user in Site/Site Tools/Import/Data.Import; do
  sed -i "s#</Project>#<ItemGroup><ProjectReference Include=\"$([[ $user = Site/* ]] && echo .. || echo ../..)/Shared/Shared.csproj\" /></ItemGroup></Project>#" "$app/$user.csproj"
done
echo 'namespace Shared; public static class Word { public const string Value = "shared"; }' > "$app/Shared/Word.cs"
echo 'var app = WebApplication.Create(args); app.MapGet("/", () => Shared.Word.Value); app.Run();' > "$app/Site/Program.cs"
echo 'Console.WriteLine("imported " + Shared.Word.Value);' > "$app/Tools/Import/Program.cs"
cat > "$app/All.slnx" <<'XML'
<Solution><Project Path="Site/Site.csproj" /><Project Path="Tools\Import\Data.Import.csproj" /><Project Path="Shared/Shared.csproj" /></Solution>
XML
check ".NET: a solution builds" build bookworm dotnet
check ".NET: ... its one web application is web" releases '  web: cd Site/bin/publish; ./Site --urls http://*:$PORT'
check ".NET: ... its console program is a type of its own" releases '  data-import: cd Tools/Import/bin/publish; ./Data.Import'
boot bookworm 'cd Site/bin/publish; ./Site --urls http://*:$PORT'
check ".NET: ... and the site answers" body_says / shared
boot_only bookworm 'cd Tools/Import/bin/publish; ./Data.Import'
check ".NET: ... and the program runs" equals "$(exit_code) $(docker logs "$container")" "0 imported shared"

new_app
printf '#:sdk Microsoft.NET.Sdk.Web\nvar app = WebApplication.Create(args);\napp.MapGet("/", () => "one file");\napp.Run();\n' > "$app/tiny.cs"
check ".NET: an application in one file builds" build bookworm dotnet
check ".NET: ... and is web" releases '  web: cd bin/publish; ./tiny --urls http://*:$PORT'
boot bookworm 'cd bin/publish; ./tiny --urls http://*:$PORT'
check ".NET: ... and answers" body_says / "one file"
end
