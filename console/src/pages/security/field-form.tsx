import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { useAct } from '../../parts/of-account.ts';
import { typedIn } from '../../parts/typed.ts';
import { useRefusal } from '../sign-in/refusal.ts';

interface Field<K extends string> {
  readonly name: K;
  readonly label: string;
  readonly autoComplete: string;
  readonly isSecret?: boolean;
  readonly isOptional?: boolean;
  readonly description?: string;
  readonly value?: string;
}

interface FieldFormProps<K extends string> {
  readonly fields: readonly Field<K>[];
  readonly submit: string;
  readonly isDangerous?: boolean;
  readonly act: (typed: Readonly<Record<K, string>>) => Promise<unknown>;
}

/** Why something was not done, and what to do. */
export function Reason({ error }: { readonly error: Error | null }) {
  const refusal = useRefusal();
  return (
    error !== null && (
      <Alert color="red" role="alert">
        {refusal(error)}
      </Alert>
    )
  );
}

/** A few fields below the line that they change. */
export function FieldForm<K extends string>({ fields, submit, isDangerous, act }: FieldFormProps<K>) {
  const { mutate, isPending, error } = useAct(act);
  return (
    <form
      className="stack narrow"
      onSubmit={(event) => {
        event.preventDefault();
        mutate(typedIn(event.currentTarget));
      }}
    >
      <Reason error={error} />
      {fields.map(({ name, label, autoComplete, isSecret, isOptional, description, value }, at) => {
        const Input = isSecret === true ? PasswordInput : TextInput;
        return (
          <Input
            key={name}
            name={name}
            label={label}
            autoComplete={autoComplete}
            autoFocus={at === 0}
            required={isOptional !== true}
            maxLength={200}
            {...(description === undefined ? {} : { description })}
            {...(value === undefined ? {} : { defaultValue: value })}
          />
        );
      })}
      <Button
        type="submit"
        variant="default"
        loading={isPending}
        {...(isDangerous === true ? { c: 'var(--error)' } : {})}
      >
        {submit}
      </Button>
    </form>
  );
}
