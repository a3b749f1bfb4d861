/** `fengsui speaker`: credentials of speakers, sirens and LED boards, each for the place that it serves. */
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';

async function add(settings: Settings, id: string, grid: string): Promise<number> {
  const { credentialsFile } = await import('#cli/io/secrets.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const { rotateCredential } = await import('#broker/io/credentials.ts');
  const { topicPlace } = await import('#model/registry.ts');
  const { broadcastFilter, isTopicToken, receiptTopic } = await import('#model/topics.ts');
  const county = readCounty(settings.countyDir, Date.now());
  if (!county.ok) {
    console.error(`The county in ${settings.countyDir} cannot be read: run fengsui check.`);
    return 1;
  }
  if (!isTopicToken(id) || id.startsWith('svc-') || county.value.edges.has(id)) {
    console.error(`"${id}" cannot be the id of a speaker: 1 to 64 of A-Z a-z 0-9 _ -, of no gateway and no service.`);
    return 2;
  }
  if (!county.value.grids.has(grid)) {
    console.error(`There is no grid "${grid}" in ${settings.countyDir}/grids.yaml.`);
    return 2;
  }
  const place = topicPlace(county.value, grid);
  const area = [place.county, place.township, place.village].map((code) => (code === '-' ? '+' : code)).join('/');
  const password = rotateCredential(credentialsFile(settings.dataDir), id, { kind: 'speaker', area });
  console.log(`user and client id ${id}, password ${password} (shown once; a second time makes a new one)`);
  console.log(`subscribes ${broadcastFilter(area)}, answers on ${receiptTopic(id)}`);
  return 0;
}

async function remove(settings: Settings, id: string): Promise<number> {
  const { credentialsFile } = await import('#cli/io/secrets.ts');
  const { listCredentials, removeCredential } = await import('#broker/io/credentials.ts');
  const file = credentialsFile(settings.dataDir);
  const isSpeaker = listCredentials(file).some(({ user, spec }) => user === id && spec.kind === 'speaker');
  if (!isSpeaker || !removeCredential(file, id)) {
    console.error(`There is no speaker "${id}".`);
    return 1;
  }
  console.log(`${id} gets in no more.`);
  return 0;
}

async function list(settings: Settings): Promise<number> {
  const { credentialsFile } = await import('#cli/io/secrets.ts');
  const { listCredentials } = await import('#broker/io/credentials.ts');
  for (const { user, spec } of listCredentials(credentialsFile(settings.dataDir)))
    if (spec.kind === 'speaker') console.log(`${user}  ${spec.area}`);
  return 0;
}

export function addSpeakerCommand(program: Command, settings: () => Settings): void {
  const speaker = program.command('speaker').description('speakers, sirens and LED boards that listen by MQTT');
  speaker
    .command('add')
    .argument('<id>', 'a name for the device')
    .requiredOption('--grid <code>', 'the grid that it serves, with all below it')
    .description('give a device a credential of its own, or a new password')
    .action(async (id: string, { grid }: { grid: string }) => process.exit(await add(settings(), id, grid)));
  speaker
    .command('remove')
    .argument('<id>', 'the device')
    .description('take its credential away')
    .action(async (id: string) => process.exit(await remove(settings(), id)));
  speaker
    .command('list')
    .description('devices and the places that they serve')
    .action(async () => process.exit(await list(settings())));
}
