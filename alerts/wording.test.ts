import { describe, expect, it } from 'vitest';
import { withHazard } from './wording.ts';

describe('the line of an alert', () => {
  it.each([
    ['桃树湾滑坡', 'landslide', '桃树湾滑坡'],
    ['青石岭', 'landslide', '青石岭滑坡'],
    ['桃树湾滑坡', 'rainstorm', '桃树湾滑坡暴雨'],
  ] as const)('%s with %s is %s: the hazard is said once', (name, hazard, line) => {
    expect(withHazard(name, hazard)).toBe(line);
  });
});
