/** What whoever is told has to do, by hazard and level; and how he answers. One table for every channel. */
import type { Level } from '#model/level.ts';
import type { AlertHazard } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Change } from '../episode.ts';

type Degree = 'watch' | 'ready' | 'act';
const DEGREE: { readonly [L in Level]: Degree } = { blue: 'watch', yellow: 'watch', orange: 'ready', red: 'act' };

const ADVICE: { readonly [H in AlertHazard]: { readonly [D in Degree]: Text } } = {
  landslide: {
    watch: {
      zh: '请加密巡查，留意裂缝、落石和浑水',
      en: 'Patrol more often; watch for cracks, falling stones, muddy water',
    },
    ready: { zh: '请到点值守，做好转移准备', en: 'Go and stand watch; make ready to evacuate' },
    act: { zh: '请立即组织转移，远离坡脚', en: 'Evacuate now; keep away from the foot of the slope' },
  },
  rainstorm: {
    watch: { zh: '请加强值守，留意雨情和隐患点', en: 'Keep watch on rain and hazard points' },
    ready: { zh: '请到岗值守，停止户外作业', en: 'Go on duty; stop work outdoors' },
    act: { zh: '请立即组织危险区人员转移避险', en: 'Move everybody out of danger zones now' },
  },
  flood: {
    watch: { zh: '请加密巡查堤坝，留意水位', en: 'Patrol dams and banks; watch the level' },
    ready: { zh: '请上岗巡堤，做好低洼处转移准备', en: 'Man the banks; make ready to evacuate low ground' },
    act: { zh: '请立即组织低洼处和下游人员转移', en: 'Evacuate low ground and downstream now' },
  },
  fire: {
    watch: { zh: '请立即到现场查看', en: 'Go and look now' },
    ready: { zh: '请立即到场核实，准备疏散', en: 'Go there and verify; make ready to evacuate' },
    act: { zh: '请立即疏散人员，拨打119', en: 'Evacuate now and call 119' },
  },
  intrusion: {
    watch: { zh: '请查看监控并核实', en: 'Look at the cameras and verify' },
    ready: { zh: '请派人到现场核实', en: 'Send somebody to verify' },
    act: { zh: '请立即到场处置，必要时报警110', en: 'Go there now; call 110 if needed' },
  },
  equipment: {
    watch: { zh: '请安排检修', en: 'Have it repaired' },
    ready: { zh: '请尽快检修，期间加强人工巡查', en: 'Repair it soon; patrol by hand meanwhile' },
    act: { zh: '请立即检修，期间派人值守', en: 'Repair it now; keep somebody there meanwhile' },
  },
  other: {
    watch: { zh: '请留意并加强值守', en: 'Take note and keep watch' },
    ready: { zh: '请到岗值守，做好应对准备', en: 'Go on duty and make ready' },
    act: { zh: '请立即按预案处置', en: 'Act by the plan now' },
  },
  unanswered: {
    watch: { zh: '请核实现场情况', en: 'Verify the situation on site' },
    ready: { zh: '请尽快联系当地并核实', en: 'Reach the place and verify' },
    act: { zh: '请立即联系当地，派人到现场', en: 'Reach the place now and send somebody' },
  },
};
const EASED: Text = { zh: '预警已降级，请继续留意', en: 'The warning was lowered; stay alert' };

const OVER: Text = { zh: '预警已解除', en: 'The warning is over' };

/** `over`: its condition has cleared. */
export const adviceOf = (hazard: AlertHazard, level: Level, change: Change, over = false): Text =>
  change === 'lowered' ? (over ? OVER : EASED) : ADVICE[hazard][DEGREE[level]];

/** The digits are the same on every channel: 1 I have it, 2 I cannot. */
export const ANSWER_BY_SMS: Text = { zh: '收到请回复1，不能到位请回复2', en: 'Reply 1: received, 2: cannot' };
export const ANSWER_BY_KEY: Text = {
  zh: '听到请按1，不能到位请按2',
  en: 'Press 1 if you have heard, 2 if you cannot come',
};
export const ANSWER_ON_SCREEN: Text = {
  zh: '请在系统中点“收到”，或电话回复值班室',
  en: 'Confirm it in the system, or ring the duty desk',
};
export const REPEAT_MARK: Text = { zh: '【重发】', en: '[REPEAT] ' };
