<?php
// Prints the stack whose PHP is the highest that an application's constraints allow.
// usage: php choose-stack.php <composer.json>     (environment: see bin/stack)
require '/usr/share/php/Composer/Semver/autoload.php';

use Composer\Semver\Constraint\MultiConstraint;
use Composer\Semver\Intervals;
use Composer\Semver\VersionParser;

/** The PHP version series of each installed stack, such as ['bookworm' => '8.2']. */
function offers(): array
{
    $directory = getenv('MINIPAAS_STACKS_DIR') ?: fail('MINIPAAS_STACKS_DIR is not set.');
    $offers = [];
    foreach (preg_split('/\s+/', trim((string) getenv('MINIPAAS_STACKS')), -1, PREG_SPLIT_NO_EMPTY) as $stack) {
        if (preg_match('/^php\s+(\S+)/m', (string) @file_get_contents("$directory/$stack/provides"), $match)) {
            $offers[$stack] = $match[1];
        }
    }
    return $offers;
}

/** Who requires which PHP, such as ['composer.json' => '^8.1', 'acme/tool' => '>=7.2']. */
function requirements(string $manifest): array
{
    $root = json($manifest);
    $lock = json(preg_replace('/\.json$/', '', $manifest) . '.lock');
    $required = [basename($manifest) => $root['require'] ?? [], 'the lock file' => $lock['platform'] ?? []];
    foreach ($lock['packages'] ?? [] as $package) {
        $required[$package['name'] ?? 'a locked package'] = $package['require'] ?? [];
    }
    $constraints = [];
    foreach ($required as $who => $names) {
        foreach (is_array($names) ? $names : [] as $name => $constraint) {
            // php-64bit and its like say what kind of PHP it is; the version is compared all the same.
            if (preg_match('/^php(-(64bit|ipv6|zts|debug))?$/i', $name) && is_string($constraint)) {
                $constraints[$who] = $constraint;
            }
        }
    }
    return $constraints;
}

/** A decoded file; a missing, empty or broken one counts as empty, as compile is the one to complain about it. */
function json(string $file): array
{
    $decoded = json_decode((string) @file_get_contents($file), true);
    return is_array($decoded) ? $decoded : [];
}

function fail(string ...$lines): void
{
    fwrite(STDERR, implode("\n", $lines) . "\n");
    exit(1);
}

/** Whether some release of a series such as 8.2 satisfies every constraint. */
function fits(string $series, array $constraints): bool
{
    $parser = new VersionParser();
    $all = array_map([$parser, 'parseConstraints'], array_values($constraints));
    $all[] = $parser->parseConstraints("$series.*");
    return Intervals::get(MultiConstraint::create($all))['numeric'] !== [];
}

$offers = offers();
$constraints = requirements($argv[1]);
$described = array_map(fn ($stack, $series) => "PHP $series (stack $stack)", array_keys($offers), $offers);
$offer = 'On offer: ' . (implode(', ', $described) ?: 'no PHP at all') . '.';
$wanted = getenv('MINIPAAS_STACK_WANTED') ?: null;

foreach ($constraints as $who => $constraint) {
    try {
        (new VersionParser())->parseConstraints($constraint);
    } catch (UnexpectedValueException $error) {
        fail("ERROR: the PHP requirement of $who, '$constraint', is not a version constraint.", $error->getMessage());
    }
}
if ($wanted !== null && !isset($offers[$wanted])) {
    fail("ERROR: this application is set to stack '$wanted', which offers no PHP.", $offer);
}

$fitting = array_filter($offers, fn ($series) => fits($series, $constraints));
$asked = implode(', ', array_map(fn ($who, $constraint) => "$who requires php $constraint", array_keys($constraints), $constraints));
if ($wanted !== null) {
    isset($fitting[$wanted])
        || fail("ERROR: stack '$wanted', which this application is set to, has PHP {$offers[$wanted]}, but $asked.", $offer);
    echo $wanted, "\n";
    exit;
}
if ($fitting === []) {
    fail("ERROR: no stack has a PHP version that this application accepts: $asked.", $offer,
        'Widen the requirement "php" in composer.json, run "composer update --lock" and commit both files.');
}
// Nobody asked: the default stack, which is named first.
if ($constraints !== []) {
    uasort($fitting, fn ($a, $b) => version_compare($b, $a));
}
echo array_key_first($fitting), "\n";
