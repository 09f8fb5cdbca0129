// Versions and ranges, by npm's own rules.
//   node semver.js satisfies VERSION RANGE    exit code 0 when it does
//   node semver.js meets RANGE RANGE          exit code 0 when some version satisfies both
//   node semver.js highest RANGE < VERSIONS   the highest version of a JSON list that satisfies the range
'use strict';
const semver = require('/usr/share/nodejs/semver');

const [, , question, first, second] = process.argv;
const range = question === 'highest' ? first : second;
if (semver.validRange(range) === null) {
  process.exit(2);
}
if (question === 'highest') {
  const versions = [].concat(JSON.parse(require('fs').readFileSync(0, 'utf8')));
  console.log(semver.maxSatisfying(versions, range) || '');
} else {
  const yes = question === 'meets' ? semver.intersects(first, range) : semver.satisfies(first, range);
  process.exit(yes ? 0 : 1);
}
