// The few controls that every view uses, dressed once. Behaviour is React Aria's.

import { t } from "@lingui/core/macro";
import { ArrowLeft, Check, ChevronDown, X } from "lucide-react";
import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  Checkbox,
  CheckboxGroup,
  Dialog as AriaDialog,
  FieldError,
  Heading,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  TextArea,
  TextField,
  type ButtonProps as AriaButtonProps,
} from "react-aria-components";
import type { Phrase } from "../bindings/bindings";
import { Glyph } from "./glyphs";
import { routeHash } from "./route";
import { said } from "./said";
import "./controls.css";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "children" | "style"> {
  look?: "solid" | "outline" | "quiet" | "danger" | "bar";
  small?: boolean;
  className?: string;
  children?: ReactNode;
  testId?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "outline", small = false, className = "", testId, ...rest }: ButtonProps): ReactNode {
  return <AriaButton {...rest} data-testid={testId} className={`btn btn-${look} ${small ? "btn-small" : ""} ${className}`} />;
}

/** The way back: to the page before, or wherever its words say. */
export function Back({ children = t`Back`, onPress = () => window.history.back() }: { children?: ReactNode; onPress?: () => void }): ReactNode {
  return (
    <Button look="quiet" small className="back" onPress={onPress}>
      <ArrowLeft size={16} className="flips" aria-hidden /> {children}
    </Button>
  );
}

export interface Choice {
  id: string;
  label: string;
  /** Small words beside the label. */
  hint?: string;
  /** The label's language, where it is not that of the page. */
  lang?: string;
}

interface SelectProps {
  label: string;
  choices: readonly Choice[];
  value: string;
  onChange: (id: string) => void;
  /** The label is spoken and not shown. */
  quiet?: boolean;
  testId?: string;
}

export function Select({ label, choices, value, onChange, quiet = false, testId }: SelectProps): ReactNode {
  const chosen = choices.find((choice) => choice.id === value);
  return (
    <AriaSelect
      className="field select"
      value={value}
      onChange={(key) => onChange(String(key))}
      {...(quiet ? { "aria-label": label } : {})}
    >
      {quiet ? null : <Label>{label}</Label>}
      <AriaButton className="select-button" data-testid={testId}>
        <SelectValue className="select-value" dir="auto">
          <span lang={chosen?.lang} title={chosen?.label}>
            {chosen?.label}
          </span>
        </SelectValue>
        <ChevronDown size={16} aria-hidden />
      </AriaButton>
      <Popover className="popover" offset={4}>
        <ListBox className="listbox" items={choices}>
          {(choice: Choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className="listbox-item">
              {({ isSelected }) => (
                <>
                  <span className="listbox-check">{isSelected ? <Check size={14} aria-hidden /> : null}</span>
                  <span dir="auto" lang={choice.lang}>{choice.label}</span>
                  {choice.hint === undefined ? null : <span className="listbox-hint">{choice.hint}</span>}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  required?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  lines?: boolean;
  maxLength?: number;
  testId?: string;
  inputMode?: "url" | "text" | "numeric";
}

export function Field({ label, value, onChange, error, required = false, autoFocus = false, lines = false, testId, ...rest }: FieldProps): ReactNode {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isRequired={required}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      autoFocus={autoFocus}
    >
      <Label>{label}</Label>
      {lines ? (
        <TextArea className="input" rows={3} dir="auto" data-testid={testId} {...rest} />
      ) : (
        <Input className="input" dir="auto" autoComplete="off" spellCheck="false" data-testid={testId} {...rest} />
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}

export function Switch({ label, on, onChange, testId }: { label: string; on: boolean; onChange: (on: boolean) => void; testId?: string }): ReactNode {
  return (
    <AriaSwitch className="switch" isSelected={on} onChange={onChange} data-testid={testId}>
      <span className="switch-track" aria-hidden />
      {label}
    </AriaSwitch>
  );
}

export function Radios({ label, choices, value, onChange, autoFocus = false }: { label: string; choices: readonly Choice[]; value: string | null; onChange: (id: string) => void; autoFocus?: boolean }): ReactNode {
  return (
    <RadioGroup className="radios" value={value} onChange={onChange}>
      <Label>{label}</Label>
      <div className="radios-list">
        {choices.map((choice, at) => (
          <Radio key={choice.id} value={choice.id} className="radio" autoFocus={autoFocus && at === 0}>
            <span className="radio-dot" aria-hidden />
            <span>{choice.label}</span>
            {choice.hint === undefined ? null : <span className="radio-hint">{choice.hint}</span>}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** Any of some choices. */
export function Checks<Id extends string>({ label, choices, value, onChange, testId }: { label: string; choices: readonly (Choice & { id: Id })[]; value: readonly Id[]; onChange: (ids: Id[]) => void; testId: string }): ReactNode {
  return (
    <CheckboxGroup className="checks" value={[...value]} onChange={(ids) => onChange(ids as Id[])}>
      <Label>{label}</Label>
      <div className="checks-list">
        {choices.map((choice) => (
          <Checkbox key={choice.id} value={choice.id} className="check" data-testid={`${testId}-${choice.id}`}>
            <span className="check-box" aria-hidden>
              <Check size={14} />
            </span>
            {choice.label}
          </Checkbox>
        ))}
      </div>
    </CheckboxGroup>
  );
}

const NO_NAME = { "aria-labelledby": "" };

/** What opens below a button and has a dialog in it. The dialog has a name of its own; the button's, which React Aria
 * gives to what is around it, would stand on no part of the page. */
export function DialogPopover({ className = "", children }: { className?: string; children: ReactNode }): ReactNode {
  return (
    <Popover className={`popover ${className}`} placement="bottom start" {...NO_NAME}>
      {children}
    </Popover>
  );
}

interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** A drawer stands at the far side of the window; what is wide is read at a glance rather than scrolled. */
  form?: "middle" | "drawer" | "wide";
  testId?: string;
}

export function Dialog({ title, onClose, children, form = "middle", testId }: DialogProps): ReactNode {
  return (
    <ModalOverlay className={`overlay overlay-${form}`} isOpen isDismissable onOpenChange={(open) => (open ? undefined : onClose())}>
      <Modal className={`modal modal-${form}`}>
        <AriaDialog className="dialog" data-testid={testId}>
          <div className="dialog-head">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
            <Button look="quiet" className="dialog-close" aria-label={t`Close`} onPress={onClose}>
              <X size={18} aria-hidden />
            </Button>
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What is known of one thing, name by name. */
export function Facts({ facts }: { facts: readonly [string, ReactNode][] }): ReactNode {
  return (
    <dl className="facts selectable">
      {facts.map(([name, value]) => (
        <div key={name} className="fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A room number: a name, always left to right, never reordered by what stands around it. */
export function RoomNumber({ number, className }: { number: string; className?: string }): ReactNode {
  return (
    <bdi dir="ltr" className={className}>
      {number}
    </bdi>
  );
}

/** A reason code; the playbook says what to do about it. */
export function Code({ code, tabIndex = 0 }: { code: string; tabIndex?: 0 | -1 }): ReactNode {
  return (
    <a className="code" tabIndex={tabIndex} href={routeHash({ view: "playbook", place: code })} title={t`What the playbook says`}>
      {code}
    </a>
  );
}

interface ProblemProps {
  error: { code: string; message: Phrase; nextStep: Phrase; reference?: string };
  /** Whether the playbook can be opened from here: not before there is a hotel, nor while the app asks something first. */
  playbook?: boolean;
  testId?: string;
}

/** The reference in the log, behind a code. */
export function afterCode(reference = ""): string {
  return reference === "" ? "" : ` · ${reference}`;
}

/** What went wrong, what to do, and the code that support asks for. */
export function Problem({ error, playbook = false, testId }: ProblemProps): ReactNode {
  return (
    <div className="problem" data-testid={testId} data-code={error.code}>
      <Glyph name="alert" />
      <div>
        <b dir="auto">{said(error.message)}</b>
        <p dir="auto">{said(error.nextStep)}</p>
        <span className="code selectable">
          {playbook ? <Code code={error.code} /> : error.code}
          {afterCode(error.reference)}
        </span>
      </div>
    </div>
  );
}
