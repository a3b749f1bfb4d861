/** Plays a scenario into a flow. Everything that leaves it is marked simulated, and no other node takes that for live. */
import { type Message, numberOf, type Red, textOf } from '../../red.ts';
import { readScenario, type Step } from '../../scenario.ts';
import { registerNode, short } from '../begin.ts';
import { createPlayer } from '../player.ts';

const COMMANDS = ['start', 'pause', 'resume', 'stop', 'speed'] as const;
const SPEED = { min: 0.1, max: 10_000, otherwise: 1 };

function messageOf({ afterMs, sensor, value }: Step): Message {
  const atMs = Date.now();
  const facts = { sensorId: sensor, origin: 'simulated', atMs };
  return {
    topic: `simulated/${sensor}`,
    ...(value === null ? {} : { payload: value }),
    origin: 'simulated',
    time: atMs,
    reading: value === null ? { ...facts, quality: 'bad' } : { ...facts, quality: 'good', value },
    scenario: { afterMs },
  };
}

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-scenario-player', ({ node, config, say }) => {
    const sampling = {
      everyMs: numberOf(config, 'everyS', { min: 0.1, max: 3_600, otherwise: 10 }) * 1_000,
      lengthMs: numberOf(config, 'lengthS', { min: 1, max: 604_800, otherwise: 600 }) * 1_000,
    };
    const setSpeed = numberOf(config, 'speed', SPEED);
    const player = createPlayer({
      onStep: (step) => node.send([messageOf(step), null]),
      onChange: (state, why) => {
        node.status(
          state === 'playing'
            ? { fill: 'green', shape: 'dot', text: say('playing') }
            : { fill: 'grey', shape: state === 'paused' ? 'ring' : 'dot', text: say(why) },
        );
        node.send([null, { topic: 'scenario', payload: why, origin: 'simulated', ...player.progress() }]);
      },
    });

    /** What is wrong with the command; undefined when it was done. */
    function obey(message: Message): string | undefined {
      const command = COMMANDS.find((one) => one === message.payload || one === message['command']);
      const speed = message['speed'];
      const isSpeed = typeof speed === 'number' && SPEED.min <= speed && speed <= SPEED.max;
      if (speed !== undefined && !isSpeed) return `speed: ${SPEED.min} to ${SPEED.max}`;
      switch (command) {
        case 'start': {
          const steps = readScenario(message['scenario'] ?? textOf(config, 'scenario'), sampling);
          if (!steps.ok) return steps.error;
          player.stop();
          player.start(steps.value, isSpeed ? speed : setSpeed);
          return undefined;
        }
        case 'speed':
          if (!isSpeed) return `speed: ${SPEED.min} to ${SPEED.max}`;
          player.setSpeed(speed);
          return undefined;
        case 'pause':
        case 'resume':
        case 'stop':
          player[command]();
          return undefined;
        case undefined:
          return `payload: one of ${COMMANDS.join(', ')}`;
        default:
          return command satisfies never;
      }
    }

    node.on('input', (message, _send, done) => {
      const wrong = obey(message);
      if (wrong === undefined) {
        done();
        return;
      }
      node.status({ fill: 'red', shape: 'dot', text: say('refused', { why: short(wrong) }) });
      done(new Error(wrong));
    });
    node.on('close', (_removed, done) => {
      player.stop();
      done();
    });
  });
}
