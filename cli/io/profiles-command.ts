/** `fengsui profiles`: the command line of the device catalogue; the work is loaded when it is called. */
import { join } from 'node:path';
import type { Command } from 'commander';

export function addProfilesCommand(program: Command, devicesDir: () => string): void {
  const profiles = program.command('profiles').description('the device catalogue: which models are known, and how');

  profiles
    .command('list')
    .option('--json', 'one line of JSON', false)
    .description('every device profile, with what it measures and where its register map was read')
    .action(async (options: { json: boolean }) => {
      const { listProfiles } = await import('#cli/io/profiles.ts');
      process.exitCode = listProfiles(devicesDir(), options.json);
    });

  profiles
    .command('schema')
    .option('--write', `write ${join('devices', 'profile.schema.json')} instead of printing it`, false)
    .description('the JSON Schema of a device profile, for editors')
    .action(async (options: { write: boolean }) => {
      const { printSchema } = await import('#cli/io/profiles.ts');
      process.exitCode = printSchema(devicesDir(), options.write);
    });
}
