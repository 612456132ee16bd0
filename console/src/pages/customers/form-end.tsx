import { Button } from '@mantine/core';

interface FormEndProps {
  readonly submit: string;
  readonly cancel: string;
  readonly close: () => void;
  readonly isPending: boolean;
  readonly isReady?: boolean;
  readonly isDangerous?: boolean;
}

/** The buttons of a form of an operator: it does what it says, or is closed. */
export function FormEnd({
  submit,
  cancel,
  close,
  isPending,
  isReady = true,
  isDangerous = false,
}: FormEndProps) {
  return (
    <span className="actions end">
      <Button
        type="submit"
        loading={isPending}
        disabled={!isReady}
        {...(isDangerous ? { variant: 'default', c: 'var(--error)' } : {})}
      >
        {submit}
      </Button>
      <Button variant="default" onClick={close}>
        {cancel}
      </Button>
    </span>
  );
}

/** The last instant of a day that was chosen, where the browser is. */
export const lastInstantOf = (day: string): string => new Date(`${day}T23:59:59`).toISOString();
