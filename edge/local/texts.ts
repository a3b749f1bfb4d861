/** Every sentence that an edge says about its own acts, in Chinese and English. */
import { LEVEL_TEXT, type LevelOrNone } from '../../model/level.ts';
import type { Text } from '../../model/text.ts';
import { sayDuration } from '../../rules/texts.ts';

export const sayCleared = (): Text => ({ zh: '预警条件已全部解除', en: 'every condition is over' });

export const sayBelow = (minLevel: LevelOrNone): Text => ({
  zh: `已降至${LEVEL_TEXT[minLevel].zh}以下`,
  en: `nothing is at ${LEVEL_TEXT[minLevel].en} any more`,
});

export const saySpent = (maxOnMs: number): Text => ({
  zh: `已连续鸣响 ${sayDuration(maxOnMs).zh}，达到上限；预警仍在持续`,
  en: `it has sounded for ${sayDuration(maxOnMs).en}, as long as it may; the warning stands`,
});

export const sayMuted = (buttonId: string, muteMs: number): Text => ({
  zh: `现场按钮 ${buttonId} 消音 ${sayDuration(muteMs).zh}`,
  en: `muted on the spot by button ${buttonId} for ${sayDuration(muteMs).en}`,
});

export const sayMuteOver = (): Text => ({
  zh: '消音时间已到，预警仍在持续',
  en: 'the mute is over and the warning stands',
});

export const sayRoseAgain = (level: LevelOrNone): Text => ({
  zh: `升至${LEVEL_TEXT[level].zh}，消音提前结束`,
  en: `it rose to ${LEVEL_TEXT[level].en}, which ends the mute`,
});

export const sayTested = (seconds: number): Text => ({
  zh: `演练测试 ${seconds} 秒`,
  en: `switched on for ${seconds} s as a drill`,
});

export const sayTestOver = (): Text => ({ zh: '演练测试结束', en: 'the drill is over' });

export const sayFailed = (wanted: boolean, detail: string): Text => ({
  zh: `未能${wanted ? '开启' : '关闭'}：${detail}；仍在重试`,
  en: `could not be switched ${wanted ? 'on' : 'off'}: ${detail}; it is tried again`,
});

/** Nobody drives it any more. */
export const sayLeftOn = (detail: string): Text => ({
  zh: `新配置已不含此输出，未能关闭：${detail}；请到现场查看`,
  en: `the new configuration has it no more and it could not be switched off: ${detail}; look at it on the spot`,
});

export const saySpoken = (words: string): Text => ({ zh: `已播报：${words}`, en: `spoken: ${words}` });

export const sayNotSpoken = (detail: string): Text => ({
  zh: `未能播报：${detail}；仍在重试`,
  en: `could not speak: ${detail}; it is tried again`,
});
