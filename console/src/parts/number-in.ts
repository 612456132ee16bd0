/** The number that a text of a language says: `1.000` is a thousand in German, and one in English. undefined: it is none. */
export function numberIn(text: string, language: 'de' | 'en'): number | undefined {
  const [group, point] = language === 'de' ? ['.', ','] : [',', '.'];
  const form = new RegExp(String.raw`^-?(?:\d{1,10}|\d{1,3}(?:[${group}]\d{3}){1,3})(?:[${point}]\d{1,6})?$`);
  if (!form.test(text.trim())) return undefined;
  return Number(text.trim().replaceAll(group, '').replace(point, '.'));
}
