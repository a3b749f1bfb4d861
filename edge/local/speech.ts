/** What the loudspeaker says: where, what, how bad, and what to do. Spoken Chinese, short enough to be heard twice a minute. */
import type { Level, LevelOrNone } from '../../model/level.ts';
import type { Hazard } from '../../model/registry.ts';

const HAZARD_SPOKEN: { readonly [H in Hazard]: string } = {
  landslide: '滑坡',
  rainstorm: '暴雨',
  flood: '洪水',
  fire: '火灾',
  intrusion: '入侵',
  equipment: '设备故障',
};

const LEVEL_SPOKEN: { readonly [L in Level]: string } = {
  blue: '蓝色',
  yellow: '黄色',
  orange: '橙色',
  red: '红色',
};

type Doing = { readonly watch: string; readonly ready: string; readonly leave: string };

/** Blue and yellow: look out; orange: be ready; red: leave. Wording to be agreed with the county's emergency bureau. */
const TO_DO: { readonly [H in Hazard]: Doing } = {
  landslide: {
    watch: '请留意山坡裂缝和响声。',
    ready: '请收拾随身物品，老人小孩先行转移。',
    leave: '请立即按撤离路线转移到安全地点，不要收拾东西，不要返回。',
  },
  rainstorm: {
    watch: '请关注雨情，不要靠近山坡河边。',
    ready: '请低洼和山坡下的住户做好转移准备。',
    leave: '请山坡下和河沟边的住户立即转移到安全地点。',
  },
  flood: {
    watch: '请远离河道水库，不要下河。',
    ready: '请沿河和下游住户做好转移准备。',
    leave: '请沿河和下游住户立即往高处转移，不要过河。',
  },
  fire: {
    watch: '请检查现场烟雾情况。',
    ready: '请停止作业，准备疏散。',
    leave: '请立即疏散，不要乘电梯，不要返回，拨打幺幺九。',
  },
  intrusion: {
    watch: '请值班人员查看围栏。',
    ready: '请值班人员到场查看，闲人离开。',
    leave: '请立即离开，值班人员到场处置。',
  },
  equipment: { watch: '请值班人员检查设备。', ready: '请值班人员检查设备。', leave: '请值班人员检查设备。' },
};

const doingOf = (level: Level): keyof Doing => (level === 'red' ? 'leave' : level === 'orange' ? 'ready' : 'watch');

export type Spoken = { readonly point: string; readonly hazard: Hazard; readonly level: LevelOrNone };

export function sayWarning({ point, hazard, level }: Spoken): string {
  if (level === 'none') return '';
  return `注意，注意！${point}，${HAZARD_SPOKEN[hazard]}${LEVEL_SPOKEN[level]}预警！${TO_DO[hazard][doingOf(level)]}`;
}

export const DRILL_SPOKEN = '这是广播测试，请不要惊慌。这是广播测试。';
