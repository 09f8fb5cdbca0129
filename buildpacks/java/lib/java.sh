export JAVA_HOME="$HOME/.minipaas/java"
export PATH="$JAVA_HOME/bin:$PATH"
# The heap may grow to a part of the dyno's memory that leaves room for the rest of Java.
export JAVA_TOOL_OPTIONS=${JAVA_TOOL_OPTIONS:--XX:MaxRAMPercentage=60 -Xss512k -Dfile.encoding=UTF-8}
