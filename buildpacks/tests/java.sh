# The Java buildpack.

chooses_for_java() { choose_stack java && equals "$(<"$work/out")" "$1"; }
refuses_java() { ! choose_stack java; }

stacks_on_offer="bookworm trixie"
new_app; echo 'java.runtime.version=21' > "$app/system.properties"
check "Java: system.properties chooses the stack" chooses_for_java trixie
new_app; echo '<properties><java.version>11</java.version></properties>' > "$app/pom.xml"
check "Java: what pom.xml is written for runs on a newer Java" chooses_for_java bookworm
new_app; echo '<maven.compiler.release>21</maven.compiler.release>' > "$app/pom.xml"
check "Java: ... but not on an older one" chooses_for_java trixie
new_app; echo 'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }' > "$app/build.gradle"
check "Java: ... nor what build.gradle is written for" chooses_for_java trixie
new_app; echo 'java.runtime.version=99' > "$app/system.properties"
check "Java: a version nobody has is refused" refuses_java
check "Java: ... naming what is on offer" says "On offer: Java 17 (stack bookworm), Java 21 (stack trixie)"
stacks_on_offer=""

new_app java-hello
check "Java: the example is detected" detect java
if reaches_debian; then
  new_app java-hello
  check "Java: the example builds" online build bookworm java
  web='java $JAVA_OPTS -cp .minipaas/java/classes:. Hello'
  check "Java: its one main class is web" releases "  web: $web"
  kept=$cache; list_tree > "$work/first"
  check "Java: the example boots" boot bookworm "$web" --env GREETING=Servus
  check "Java: the example answers" body_says / "Servus from Java 17"
  check "Java: stops gracefully" stops_with 143
  new_app java-hello; cache=$kept; rm -rf "$cache/java/runtime"
  same_java() { list_tree > "$work/second"; diff "$work/first" "$work/second" > "$work/out"; }
  check "Java: all of it is made again, without network" build bookworm java
  check "Java: ... is the same" same_java
  new_app; cache=$kept; mkdir -p "$app/shop/text"
  printf 'package shop;\npublic class Main { public static void main(String[] a) { System.out.println(shop.text.Word.VALUE); } }\n' > "$app/shop/Main.java"
  printf 'package shop.text;\npublic class Word { public static final String VALUE = "from a package"; }\n' > "$app/shop/text/Word.java"
  echo 'class Extra {}' > "$app/Extra.java"
  check "Java: packages beside each other build" build bookworm java
  boot_only bookworm "$(sed -n 's/^  web: //p' "$work/release")" --env JAVA_TOOL_OPTIONS=-Dquiet
  check "Java: ... and run" equals "$(exit_code) $(docker logs "$container" 2>/dev/null)" "0 from a package"
  new_app; cache=$kept; echo 'class Broken { nonsense }' > "$app/Broken.java"
  check "Java: an error of the compiler fails the build" build_fails bookworm java
  check "Java: ... at its place" says "Broken.java:1: error"
  new_app; cache=$kept; touch "$app/build.gradle.kts"
  check "Java: Gradle without its wrapper fails the build" build_fails bookworm java
  check "Java: ... saying what to do" says 'Run "gradle wrapper", commit gradlew and gradle/, and push again.'
  # What a wrapper does is its own affair: this one compiles.
  new_app java-hello; cache=$kept; mkdir "$app/src"; mv "$app/Hello.java" "$app/src/"; echo 'tasks.register("stage")' > "$app/build.gradle"
  printf '#!/bin/sh\nset -e\necho "$@" in $GRADLE_USER_HOME\njavac -d classes src/*.java\nmkdir -p build/libs\njar --create --file build/libs/hello.jar --main-class Hello -C classes .\ntouch build/libs/hello-plain.jar' > "$app/gradlew"
  check "Java: Gradle's wrapper builds" build bookworm java
  check "Java: ... what is to be staged" says "--no-daemon --console=plain stage in /tmp/codon/tmp/cache/java/gradle"
  check "Java: ... and its jar is web" releases '  web: java $JAVA_OPTS -jar build/libs/hello.jar'
  check "Java: ... which boots" boot bookworm "$(sed -n 's/^  web: //p' "$work/release")" --env GREETING=Moin
  check "Java: ... and answers" body_says / "Moin from Java 17"
  new_app; cache=$kept
  echo '<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version></project>' > "$app/pom.xml"
  check "Java: without network, Maven fails the build" build_fails bookworm java
  check "Java: ... having been started" says "BUILD FAILURE"
  check "Java: ... saying what to do" says "the repository has to contain the jar"

  # --- a Maven repository: Debian's packages of Maven's plugins make one
  maven_repository() {
    new_app
    online in_build_image bookworm java 'source lib/output; source lib/debs; debs=/tmp/codon/tmp/cache/debs
      wanted=$(printf "libmaven-%s-plugin-java " clean resources compiler jar install dependency; echo libsurefire-java)
      update_lists; plan=$(plan_debs $wanted); download_debs $wanted; unpack_debs /tmp/build_0a1b2c3d $plan' &&
      cp -rL "$app/usr/share/maven-repo/." "$1/" 2>/dev/null
    # Maven gives this to every plugin that does not ask for it, in a version that Debian never had.
    local utils=$1/org/codehaus/plexus/plexus-utils
    mkdir -p "$utils/1.1" && cp "$utils/debian/plexus-utils-debian.jar" "$utils/1.1/plexus-utils-1.1.jar" &&
      sed '0,/<version>[^<]*/s//<version>1.1/' "$utils/debian/plexus-utils-debian.pom" > "$utils/1.1/plexus-utils-1.1.pom"
  }
  mkdir "$work/repository"
  check "Java: a Maven repository is made to test with" maven_repository "$work/repository"
  serve "$work/repository"
  echo "<settings><mirrors><mirror><id>own</id><mirrorOf>*</mirrorOf><url>$served</url></mirror></mirrors></settings>" > "$work/repository/settings.xml"
  new_app java-hello; cache=$kept; config_var MAVEN_SETTINGS_URL "$served/settings.xml"
  mkdir -p "$app/src/main/java"; mv "$app/Hello.java" "$app/src/main/java/"
  cat > "$app/pom.xml" <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>shop</groupId><artifactId>hello</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <build><plugins><plugin>
    <artifactId>maven-jar-plugin</artifactId>
    <configuration><archive><manifest><mainClass>Hello</mainClass></manifest></archive></configuration>
  </plugin></plugins></build>
</project>
XML
  check "Java: Maven builds from a repository" online build bookworm java
  check "Java: ... and its jar is web" releases '  web: java $JAVA_OPTS -jar target/hello-1.jar'
  check "Java: ... which boots" boot bookworm "$(sed -n 's/^  web: //p' "$work/release")" --env GREETING=Salut
  check "Java: ... and answers" body_says / "Salut from Java 17"
else
  skip "Java: Debian's archive is not reached from here; building is not tested"
fi
end
