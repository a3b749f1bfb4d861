/** Where the console writes what people asked for; alerts reads it like any other log. */
import { join } from 'node:path';

export const commandsFile = (dataDir: string): string => join(dataDir, 'console', 'commands.sqlite');
