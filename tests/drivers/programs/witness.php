<?php
// PHP binds its extensions past preloaded symbols (RTLD_DEEPBIND), so that the witness does not
// see them connect: the program reads its own /proc/PID/maps instead.
$maps = file_get_contents('/proc/' . getmypid() . '/maps');
preg_match_all('#/\S*/(?:libpq\.so|libferropq)\S*#', $maps, $found);
$libraries = implode(':', array_unique($found[0]));
file_put_contents(getenv('DRIVERS_WITNESS') . '/' . getmypid(), getmypid() . "\tphp\titself\t$libraries\n");
