/** Questions on the terminal, by @clack/prompts. */
import { confirm, isCancel, multiselect, select, text } from '@clack/prompts';
import type { Asker, Choice } from './init-ask.ts';
import { InputError } from '../io.ts';

const optionsOf = (choices: readonly Choice[]) =>
  choices.map(({ value, label, hint }) => (hint === undefined ? { value, label } : { value, label, hint }));

/** Ctrl-C and Escape break off. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new InputError('Broken off. Nothing was written.');
  return answer as Exclude<T, symbol>;
}

export const terminalAsker: Asker = {
  text: async ({ message, initial, placeholder, fault }) =>
    answered(
      await text({
        message,
        ...(initial === undefined ? {} : { initialValue: initial }),
        ...(placeholder === undefined ? {} : { placeholder }),
        validate: (value) => fault?.(value ?? ''),
      }),
    ) ?? '',
  choose: async ({ message, choices, initial }) =>
    answered(
      await select({
        message,
        options: optionsOf(choices),
        maxItems: 8,
        ...(initial === undefined ? {} : { initialValue: initial }),
      }),
    ),
  chooseSeveral: async ({ message, choices, initial }) =>
    answered(
      await multiselect({
        message: `${message} (space marks, Enter goes on)`,
        options: optionsOf(choices),
        initialValues: [...initial],
        required: false,
        maxItems: 10,
      }),
    ),
  confirm: async ({ message, initial }) => answered(await confirm({ message, initialValue: initial })),
};
