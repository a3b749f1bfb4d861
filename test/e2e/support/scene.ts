/** A village at peace, with its story and what a scenario does to it. */
import { expect } from 'vitest';
import { openStory } from './story.ts';
import { startVillage, type VillageOptions } from './village.ts';

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** `stop` of what was started is handed out before anything is waited for. */
export async function openScene(onStarted: (stop: () => Promise<void>) => void, options: VillageOptions) {
  const v = await startVillage(options);
  onStarted(v.stop);
  await v.comes('the siren to be off for sure', () => v.writes().length > 0);
  await v.quiet();
  const story = openStory(v);
  expect(story.step('all is well')).toEqual([]);
  const goesRed = async () => {
    v.crack(95);
    await v.comes('the siren to sound', v.sounds);
  };
  const goesBack = async () => {
    v.crack(5);
    await v.comes('the siren to be silent', () => !v.sounds());
  };
  const alert = (level: string) => v.comes(`the ${level} alert`, () => v.open().find((one) => one.level === level));
  /** People hear of it when it has been handed over, a moment after it is in the ledger. */
  const hears = async (expected: readonly string[], isMeant: (line: string) => boolean = () => true) => {
    const heard: string[] = [];
    await v.comes('the messages', () => {
      heard.push(...story.messages().filter(isMeant));
      return heard.length >= expected.length;
    });
    expect(heard).toEqual(expected);
  };
  /** The centre has said that the box is away, and everything that follows from it. */
  const isLost = async () => {
    await v.comes('the gateway to be told lost', () => v.gatewayAlert() !== undefined);
    await v.chain.settled();
  };
  return { ...v, ...story, goesRed, goesBack, alert, hears, isLost };
}
