import { expect, it } from 'vitest';
import type { DeviceProfile, RegisterSpec } from '../../model/device-profile.ts';
import type { EdgeConfigPush } from '../../model/edge-config.ts';
import { runningKinds, sensorKinds } from './sensor-kinds.ts';

const register = (key: string, quantity: RegisterSpec['quantity']) => ({ key, quantity }) as RegisterSpec;
const profile = {
  registers: [register('accumulated', 'rain'), register('level', 'level')],
} as unknown as DeviceProfile;
const config = {
  profiles: { gauge: profile },
  buses: [
    {
      units: [
        {
          profile: 'gauge',
          sensors: [
            { sensorId: 'r', register: 'accumulated' },
            { sensorId: 'l', register: 'level' },
            { sensorId: 'x', register: 'none' },
          ],
        },
      ],
    },
  ],
  links: [
    {
      protocol: 'sl651',
      stations: [
        {
          sensors: [
            { sensorId: 'pt', element: '26' },
            { sensorId: 'z', element: '39' },
          ],
        },
      ],
    },
  ],
} as unknown as EdgeConfigPush;

it('rain adds up wherever it comes from, a level does not, and what nobody knows stays as it is', () => {
  const kindOf = sensorKinds(config);
  expect(['r', 'l', 'x', 'pt', 'z', 'gone'].map(kindOf)).toEqual([
    'increment',
    'gauge',
    'unknown',
    'increment',
    'gauge',
    'unknown',
  ]);
});

it('follows the configuration that runs', () => {
  let now = config;
  const kindOf = runningKinds(() => now);
  expect(kindOf('r')).toBe('increment');
  now = { ...config, buses: [] };
  expect(kindOf('r')).toBe('unknown');
});
