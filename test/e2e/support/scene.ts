/** A village at peace, with its story and what a scenario does to it. */
import { expect } from 'vitest';
import { openStory } from './story.ts';
import { startVillage } from './village.ts';

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** `stop` of what was started is handed out before anything is waited for. */
export async function openScene(onStarted: (stop: () => Promise<void>) => void) {
  const v = await startVillage();
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
  return { ...v, ...story, goesRed, goesBack, alert };
}
