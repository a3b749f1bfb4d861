/** Where the parts of the Node-RED package lie, and how something of its own dependencies is loaded. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** `dashboards/node-red`, without links: the permission model compares real paths. */
export const PACKAGE_DIR = realpathSync(dirname(import.meta.dirname));
export const MODULES_DIR = join(PACKAGE_DIR, 'node_modules');
export const RED_ENTRY = join(MODULES_DIR, 'node-red', 'red.js');
export const LEASH = join(PACKAGE_DIR, 'io', 'leash.ts');

/** Works once the package is installed. */
export const requireOfPackage = createRequire(join(PACKAGE_DIR, 'package.json'));
