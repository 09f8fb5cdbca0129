<?php
$greeting = getenv('GREETING') ?: 'Hello';
echo htmlspecialchars($greeting), ' from PHP ', PHP_VERSION, "\n";
