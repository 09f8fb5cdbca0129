<?php return array(
    'root' => array(
        'pretty_version' => '1.0.0+no-version-set',
        'version' => '1.0.0.0',
        'aliases' => array(),
        'reference' => null,
        'name' => '__root__',
    ),
    'versions' => array(
        '__root__' => array(
            'pretty_version' => '1.0.0+no-version-set',
            'version' => '1.0.0.0',
            'aliases' => array(),
            'reference' => null,
        ),
    ),
);
