// Prints, for a shell, what a command line of npm, npx, yarn or pnpm runs in a dyno.
// usage: node run-script.js npm|npx|yarn|pnpm|pnpx ARGUMENT...
'use strict';
const fs = require('fs');
const path = require('path');

const [, , program, ...words] = process.argv;
const quote = text => "'" + String(text).replace(/'/g, "'\\''") + "'";
const options = { ifPresent: false, directory: '.' };

function fail(...lines) {
  console.error(lines.map(line => ` !     ${line}`).join('\n'));
  process.exit(1);
}

/** Takes the options before the first word and returns what follows. */
function command(list) {
  while (list.length && list[0].startsWith('-') && list[0] !== '--') {
    const [name, value] = list.shift().split('=', 2);
    if (name === '--if-present') options.ifPresent = true;
    else if (['--prefix', '-C', '--dir', '--cwd'].includes(name)) options.directory = value || list.shift();
    else if (['--workspace', '-w', '--filter', '-F'].includes(name)) options.directory = workspace(value || list.shift());
    else if (['--package', '-p'].includes(name) && value === undefined) list.shift();
  }
  return list;
}

/** The directory of a workspace: installing made a link to each in node_modules. */
function workspace(name) {
  const link = path.join('node_modules', name);
  return fs.existsSync(link) ? fs.realpathSync(link) : name;
}

function manifest() {
  const file = path.join(options.directory, 'package.json');
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    return fail(`${file} cannot be read: ${error.message}`);
  }
}

/** The directories of programs, from the package's own up to the application's. */
function programs() {
  const found = [];
  for (let at = path.resolve(options.directory); ; at = path.dirname(at)) {
    found.push(path.join(at, 'node_modules', '.bin'));
    if (at === path.dirname(at)) return found;
  }
}

function script(name, extra) {
  const { name: package_, version, scripts = {} } = manifest();
  if (name === 'start' && !scripts.start && fs.existsSync(path.join(options.directory, 'server.js'))) scripts.start = 'node server.js';
  if (!scripts[name]) {
    if (options.ifPresent) return ':';
    fail(`There is no script "${name}" in package.json.`, `There are: ${Object.keys(scripts).join(', ') || 'none'}.`);
  }
  const step = (event, words) => scripts[event]
    ? [`export npm_lifecycle_event=${event}`, `bash -c ${quote([scripts[event], ...words.map(quote)].join(' '))}`] : [];
  const steps = [
    `export npm_package_name=${quote(package_ || '')} npm_package_version=${quote(version || '')} npm_config_user_agent=${quote(program)}`,
    ...step('pre' + name, []), ...step(name, extra), ...step('post' + name, []),
  ];
  // bash, unlike other shells, becomes the last command of what it is given, and so gets signals to where they belong.
  steps.push('exec ' + steps.pop());
  return steps.join(' &&\n');
}

function run(list) {
  const [name, ...rest] = command(list);
  if (!name) return Object.entries(manifest().scripts || {}).map(([key, value]) => `echo ${quote(`${key}: ${value}`)}`).join('\n') || ':';
  command(rest);
  if (rest[0] === '--') rest.shift();
  return script(name, rest);
}

function execute(list) {
  const rest = command(list);
  if (rest[0] === '--') rest.shift();
  if (!rest.length) fail(`${program}: which program?`);
  const name = rest[0].replace(/(.)@.*/, '$1');
  const found = programs().map(directory => path.join(directory, name.split('/').pop())).find(file => fs.existsSync(file));
  if (!found) fail(`There is no program "${name}" in node_modules/.bin, and a dyno installs nothing.`, 'Add its package to "dependencies" of package.json and push.');
  return `exec ${[found, ...rest.slice(1)].map(quote).join(' ')}`;
}

function choose() {
  if (program === 'npx' || program === 'pnpx') return execute(words);
  const [verb, ...rest] = command([...words]);
  const scripts = manifest().scripts || {};
  if (['run', 'run-script', 'rum', 'urn'].includes(verb)) return run(rest);
  if (['exec', 'x', 'dlx'].includes(verb)) return execute(rest);
  if (verb === 'node') return `exec node ${rest.map(quote).join(' ')}`;
  if (['start', 'stop', 'restart', 'test', 't', 'tst'].includes(verb)) return run([verb[0] === 't' ? 'test' : verb, ...rest]);
  // yarn and pnpm take the name of a script, or of a program, for a command.
  if (program !== 'npm' && scripts[verb]) return run([verb, ...rest]);
  if (program !== 'npm' && verb && fs.existsSync(path.join('node_modules', '.bin', verb))) return execute([verb, ...rest]);
  return fail(`"${[program, ...words].join(' ')}" cannot be run in a dyno, where ${program} only runs scripts and programs.`,
    'Packages are installed while an application is built.');
}

const commands = choose();
console.log([
  `cd ${quote(options.directory)}`,
  `export PATH=${quote(programs().join(':'))}:"$PATH"`,
  commands,
].join(' &&\n'));
