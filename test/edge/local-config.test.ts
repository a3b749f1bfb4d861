import { afterAll, expect, it } from 'vitest';
import { parseEdgeConfig } from '#edge/config.ts';
import { formatLint } from '#model/result.ts';
import { localConfig, villageConfig } from './local-rig.ts';
import { tempDir } from './support.ts';

const folder = tempDir();
afterAll(() => folder.remove());

it('two outputs on one relay are refused: the silent one would switch the alarm of the other off', () => {
  const local = localConfig();
  const [siren] = local.outputs;
  if (siren === undefined) throw new Error('no siren');
  const lintsOf = (outputs: typeof local.outputs) => {
    const parsed = parseEdgeConfig('f', JSON.stringify(villageConfig(folder.path, 1883, { ...local, outputs })));
    return parsed.ok ? [] : parsed.error.map(formatLint);
  };
  expect(lintsOf([siren])).toEqual([]);
  expect(lintsOf([siren, { ...siren, id: 'other', ...{ register: 'output-2' } }])).toEqual([]);
  const [lint, ...others] = lintsOf([siren, { ...siren, id: 'again', minLevel: 'orange' }]);
  expect(lint).toContain('local.outputs[1]: outputs siren and again are the same relay');
  expect(others).toEqual([]);
});
