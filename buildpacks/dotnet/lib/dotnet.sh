# The runtime is shared by all applications of the platform and mounted where this says.
export DOTNET_ROOT=/usr/share/dotnet
export PATH=$DOTNET_ROOT:$PATH
# An application made for an older .NET runs on the one there is.
export DOTNET_ROLL_FORWARD=${DOTNET_ROLL_FORWARD:-Major}
export DOTNET_CLI_TELEMETRY_OPTOUT=${DOTNET_CLI_TELEMETRY_OPTOUT:-true}
export DOTNET_NOLOGO=${DOTNET_NOLOGO:-true}
export DOTNET_RUNNING_IN_CONTAINER=true
# Saves start-up time; the kernel's own protections are unaffected.
export DOTNET_EnableWriteXorExecute=${DOTNET_EnableWriteXorExecute:-0}
