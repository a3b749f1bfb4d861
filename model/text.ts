/** Texts for people: zh-CN first, English second. */

export type Lang = 'zh' | 'en';
export type Text = { readonly zh: string; readonly en: string };

export const say = (text: Text, lang: Lang): string => text[lang];
