/** Lower case and without accents, so that `reglages` finds “Réglages”. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
