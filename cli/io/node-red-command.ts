/** `fengsui node-red`: Node-RED beside the centre, locked, a process of its own that nothing waits for. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { isAbsolute, join, resolve as resolvePath } from 'node:path';
import type { Command } from 'commander';
import { hostText, type ListenAddress, type Settings } from '#cli/settings.ts';
import type { FirstServer } from '#dashboards/node-red/settings/first-flows.ts';
import { EDITOR_USER, PAGES_USER } from '#dashboards/node-red/settings/settings.ts';
import type { Registry } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';

type Options = {
  readonly port: string;
  readonly userDir?: string;
  readonly as?: string;
  readonly gateway?: string;
  readonly folder: readonly string[];
  readonly newPasswords: boolean;
  readonly lang: string;
};

const USER = 'svc-node-red';

/** The port that may be taken, 0 made into a free one: Node-RED must be told, it does not say which it took. */
function portToTake(wanted: number): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () =>
      resolve(
        err(`Port ${wanted} on 127.0.0.1 is in use: stop the program that holds it, or choose another with --port.`),
      ),
    );
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(
          typeof address === 'object' && address !== null
            ? ok(address.port)
            : err('No port could be had on 127.0.0.1.'),
        ),
      );
    });
  });
}

const httpUrl = ({ host, port }: ListenAddress): string => `http://${hostText(host)}:${port}`;

async function readRegistry(settings: Settings): Promise<Result<Registry, string>> {
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const county = readCounty(settings.countyDir, Date.now());
  return county.ok ? county : err(`The county in ${settings.countyDir} cannot be read: run fengsui check.`);
}

/** A person of the county gets a password that only Node-RED's encrypted credentials know. */
async function personFor(settings: Settings, id: string): Promise<Result<FirstServer['person'], string>> {
  const registry = await readRegistry(settings);
  if (!registry.ok) return registry;
  if (!registry.value.people.has(id))
    return err(`Nobody in ${settings.countyDir}/people.yaml has the id "${id}": make a person for the flows first.`);
  const { createLogin } = await import('#dashboards/api/main.ts');
  const password = randomBytes(18).toString('base64url');
  const made = await createLogin(settings.dataDir, id, password);
  return made.ok ? ok({ user: id, password }) : err(made.error.message);
}

/** The gateway as which flows push readings of devices that Fengsui does not speak to. */
async function gatewayFor(settings: Settings, id: string): Promise<Result<FirstServer['gateway'], string>> {
  const { edgeSecretFile, ensureSecrets } = await import('#cli/io/secrets.ts');
  const { pushOf } = await import('#cli/io/native-doors.ts');
  const registry = await readRegistry(settings);
  if (!registry.ok) return registry;
  const edge = registry.value.edges.get(id);
  const push = pushOf(settings, registry.value);
  if (edge?.native?.transport !== 'http' || push === undefined)
    return err(`"${id}" is no gateway of ${settings.countyDir} that pushes by HTTP (native.yaml, transport: http).`);
  ensureSecrets(settings.dataDir, { edges: new Map([[edge.id, edge]]) });
  const token = readFileSync(edgeSecretFile(settings.dataDir, id), 'utf8').trim();
  return ok({ id, origin: edge.origin, url: httpUrl(push), token });
}

async function serverFor(settings: Settings, options: Options): Promise<Result<FirstServer, string>> {
  const { servicePassword } = await import('#cli/io/secrets.ts');
  const person = options.as === undefined ? ok(undefined) : await personFor(settings, options.as);
  if (!person.ok) return person;
  const gateway = options.gateway === undefined ? ok(undefined) : await gatewayFor(settings, options.gateway);
  if (!gateway.ok) return gateway;
  return ok({
    url: httpUrl(settings.http),
    mqttUrl: `mqtt://${hostText(settings.mqtt.host)}:${settings.mqtt.port}`,
    mqttUser: USER,
    mqttPassword: servicePassword(settings.dataDir, USER),
    ...(person.value === undefined ? {} : { person: person.value }),
    ...(gateway.value === undefined ? {} : { gateway: gateway.value }),
  });
}

/** Installs Node-RED and builds the nodes where that has not been done. */
async function ensurePackage(): Promise<Result<null, string>> {
  const { ensureInstalled } = await import('#dashboards/node-red/io/install.ts');
  const installed = await ensureInstalled((text) => console.error(text));
  if (!installed.ok) return installed;
  const { buildNodes, isBuilt } = await import('#dashboards/node-red/io/build.ts');
  if (!isBuilt()) await buildNodes();
  return ok(null);
}

const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });

async function nodeRed(settings: Settings, options: Options): Promise<Result<null, string>> {
  const wanted = Number(options.port);
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) return err(`--port is "${options.port}".`);
  const { hasFlows, startNodeRed } = await import('#dashboards/node-red/io/start.ts');
  const lockDir = join(settings.dataDir, 'node-red');
  const userDir = options.userDir === undefined ? join(lockDir, 'user') : resolvePath(options.userDir);
  const filled = options.as ?? options.gateway;
  if (filled !== undefined && hasFlows(userDir))
    return err(
      `There are flows in ${userDir} already: --as and --gateway fill in the server's node at the first start only. Fill it in in the editor.`,
    );
  const ready = await ensurePackage();
  if (!ready.ok) return ready;
  const port = await portToTake(wanted);
  if (!port.ok) return port;
  // What is written from here on is for its owner alone.
  process.umask(0o077);
  const server = await serverFor(settings, options);
  if (!server.ok) return server;
  const asked = untilAsked();
  const service = await startNodeRed({
    ...{ port: port.value, lockDir, userDir, server: server.value },
    folders: options.folder.map((folder) => (isAbsolute(folder) ? folder : resolvePath(folder))),
    renewPasswords: options.newPasswords,
    lang: options.lang === 'en-US' ? 'en-US' : 'zh-CN',
    onLine: (line) => console.log(line),
  });
  console.log(`Node-RED is ready at ${service.url}/, user ${EDITOR_USER}`);
  if (service.shown !== null)
    console.log(
      `Shown once, kept only as hashes: password ${service.shown.editor}; pages of flows: user ${PAGES_USER}, password ${service.shown.pages}`,
    );
  await asked;
  await service.stop();
  return ok(null);
}

export function addNodeRedCommand(program: Command, settings: () => Settings): void {
  program
    .command('node-red')
    .option('--port <port>', 'where the editor listens on this machine; 0 takes any free one', '1880')
    .option('--user-dir <folder>', 'where flows are kept; without it node-red/user of the data folder')
    .option('--as <person>', 'at the first start: the person as whom flows act at the console, who gets a new password')
    .option('--gateway <id>', 'at the first start: the gateway (native.yaml, http) as which flows push readings')
    .option('--folder <folder...>', 'a folder that flows may read and write beside their own', [])
    .option('--new-passwords', 'new passwords for the editor and for pages of flows, shown once', false)
    .option('--lang <lang>', 'zh-CN or en-US', 'zh-CN')
    .description('Node-RED with the nodes and flows of Fengsui, locked, on loopback; until Ctrl-C')
    .action(async (options: Options) => {
      try {
        const done = await nodeRed(settings(), options);
        if (!done.ok) console.error(done.error);
        process.exit(done.ok ? 0 : 1);
      } catch (cause) {
        console.error(cause instanceof Error ? cause.message : String(cause));
        process.exit(1);
      }
    });
}
