/** `fengsui dev receivers`: the other end of gateways and robots on this machine, to see what would leave and to answer it. */
import { type Command, InvalidArgumentError } from 'commander';

type Options = {
  readonly port: number;
  readonly answerAfter?: number;
  readonly url: string;
  readonly channel: string;
  readonly secretEnv?: string;
};

const whole = (raw: string): number => {
  const value = Number(raw);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number');
  return value;
};

const say = (who: string, text: string): void =>
  console.log(`${new Date().toISOString().slice(11, 19)} ${who}: ${text}`);

async function startAll({ port, answerAfter, url, channel, secretEnv }: Options): Promise<() => Promise<void>> {
  const { startGateway } = await import('#simulators/receivers/io/gateway.ts');
  const { startRobot } = await import('#simulators/receivers/io/robots.ts');
  const secret = secretEnv === undefined ? undefined : process.env[secretEnv];
  const timers = new Set<NodeJS.Timeout>();
  const sms = await startGateway({
    port,
    ...(secret === undefined ? {} : { secret }),
    callback: { url: `${url}/api/v1/receipts`, channel },
    onTaken: ({ key, to, text, repeated, again }) => {
      say(`SMS ${to}${repeated ? ' (repeat)' : ''}${again ? ' (key known, not sent on)' : ''}`, text);
      if (answerAfter === undefined) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        sms.answer(key, 'answered', '1').then(
          (status) => say(`SMS ${to}`, `answers 1 → HTTP ${status}`),
          (cause: unknown) => say(`SMS ${to}`, `cannot answer: ${String(cause)}`),
        );
      }, answerAfter * 1_000);
      timers.add(timer);
    },
  });
  const voice = await startGateway({ port: port + 1, onTaken: ({ to, text }) => say(`call ${to}`, text) });
  const robots = await Promise.all(
    (['wecom', 'dingtalk', 'feishu'] as const).map((kind, index) =>
      startRobot({
        kind,
        key: 'demo',
        port: port + 2 + index,
        onPosted: ({ text, named }) => say(kind, `${text.replaceAll('\n', ' / ')} @${named.join(' @')}`),
      }),
    ),
  );
  console.log(`sms-gateway    ${sms.url}\nvoice-gateway  ${voice.url}`);
  for (const { url: address } of robots) console.log(`robot          ${address}`);
  console.log('Write the addresses into channels.yaml with "test: true"; Ctrl-C ends it.');
  return async () => {
    for (const timer of timers) clearTimeout(timer);
    await Promise.all([sms, voice, ...robots].map((one) => one.stop()));
  };
}

export function addReceiversCommand(dev: Command): void {
  dev
    .command('receivers')
    .option('--port <first>', 'the first of five ports', whole, 9_101)
    .option('--answer-after <seconds>', 'every SMS is answered with 1 after so long', whole)
    .option('--url <address>', 'the console that gets the answers', 'http://127.0.0.1:8080')
    .option('--channel <id>', 'as which channel they are given', 'test-sms')
    .option('--secret-env <name>', 'the variable with the secret of that channel')
    .description('play the other end of gateways and robots on this machine and print what arrives')
    .action(async (options: Options) => {
      const stop = await startAll(options);
      await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
      await stop();
      process.exit(0);
    });
}
