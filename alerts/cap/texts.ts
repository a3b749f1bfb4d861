/** What CAP messages say in words, by hazard and level, zh-CN and English; one table for both. */
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { CapCategory, CapResponse, CapStatus, CapUrgency } from './message.ts';

type HazardWords = { readonly event: Text; readonly category: CapCategory; readonly instruction: Text };

export const HAZARD_WORDS: { readonly [H in AlertHazard]: HazardWords } = {
  landslide: {
    event: { zh: '地质灾害', en: 'landslide' },
    category: 'Geo',
    instruction: {
      zh: '远离隐患点和沟谷，按转移路线前往避难场所。',
      en: 'Keep away from the slope and the gullies; go to the shelter by the marked way.',
    },
  },
  rainstorm: {
    event: { zh: '暴雨', en: 'rainstorm' },
    category: 'Met',
    instruction: {
      zh: '停止户外作业，远离河道、低洼和陡坡，做好转移准备。',
      en: 'Stop work outdoors, keep away from rivers, low ground and steep slopes, be ready to leave.',
    },
  },
  flood: {
    event: { zh: '洪水', en: 'flood' },
    category: 'Met',
    instruction: {
      zh: '远离河道和低洼地带，按通知转移到高处。',
      en: 'Keep away from the river and low ground; go to high ground when you are told.',
    },
  },
  fire: {
    event: { zh: '火灾', en: 'fire' },
    category: 'Fire',
    instruction: {
      zh: '立即离开建筑，从楼梯撤离，不乘电梯，拨打119。',
      en: 'Leave the building at once, by the stairs, and call 119.',
    },
  },
  intrusion: {
    event: { zh: '入侵', en: 'intrusion' },
    category: 'Security',
    instruction: { zh: '核查现场，注意自身安全。', en: 'Check the place and mind your own safety.' },
  },
  equipment: {
    event: { zh: '监测设备故障', en: 'monitoring failure' },
    category: 'Infra',
    instruction: {
      zh: '监测中断期间派人巡查。',
      en: 'Send somebody to watch while the monitoring is interrupted.',
    },
  },
  other: {
    event: { zh: '突发事件', en: 'emergency' },
    category: 'Other',
    instruction: { zh: '按发布机关的要求采取措施。', en: 'Do as the issuing office says.' },
  },
  unanswered: {
    event: { zh: '预警无人应答', en: 'warning that nobody answers' },
    category: 'Safety',
    instruction: { zh: '立即派人到现场叫应。', en: 'Send somebody there at once to wake people.' },
  },
};

export const URGENCY: { readonly [L in Level]: CapUrgency } = {
  red: 'Immediate',
  orange: 'Immediate',
  yellow: 'Expected',
  blue: 'Future',
};
export const RESPONSE: { readonly [L in Level]: CapResponse } = {
  red: 'Evacuate',
  orange: 'Prepare',
  yellow: 'Prepare',
  blue: 'Monitor',
};
/** What is not live never goes out as an actual one, in whatever words. */
export const STATUS: { readonly [O in Origin]: CapStatus } = {
  live: 'Actual',
  drill: 'Exercise',
  simulated: 'Test',
  replay: 'Test',
};
export const MARK: { readonly [O in Origin]: Text } = {
  live: { zh: '', en: '' },
  drill: { zh: '（演练）', en: ' (EXERCISE)' },
  simulated: { zh: '（测试）', en: ' (TEST)' },
  replay: { zh: '（测试）', en: ' (TEST)' },
};
export const NOTE: { readonly [O in Origin]: string | null } = {
  live: null,
  drill: '演练 EXERCISE',
  simulated: '模拟数据 SIMULATED DATA',
  replay: '历史数据回放 REPLAY',
};
export const LIFTED: Text = { zh: '解除', en: 'lifted' };
export const WARNING_WORD: Text = { zh: '预警', en: 'warning' };
