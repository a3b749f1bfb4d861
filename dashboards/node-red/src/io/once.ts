/** Runs a thing once a key: whoever asks again with the same key gets the first answer, also while it is being made. */

const MAX_KEYS = 1_000;

export type Once<T> = { readonly run: (key: string, make: () => Promise<T>) => Promise<T> };

/** `isFinal`: an answer that stands; what failed may be tried again under its key. */
export function createOnce<T>(isFinal: (answer: T) => boolean): Once<T> {
  const answers = new Map<string, Promise<T>>();
  return {
    run: (key, make) => {
      const known = key === '' ? undefined : answers.get(key);
      if (known !== undefined) return known;
      const made = make();
      if (key === '') return made;
      answers.set(key, made);
      if (answers.size > MAX_KEYS) answers.delete(answers.keys().next().value ?? '');
      made.then(
        (answer) => {
          if (!isFinal(answer)) answers.delete(key);
        },
        () => answers.delete(key),
      );
      return made;
    },
  };
}
