// The shape of each tone, on the pill and on what opens from it.

import { CircleCheck, CloudOff, LoaderCircle, PauseCircle, RefreshCw, TriangleAlert, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import type { PillTone } from "./pill";

const ICONS: Record<PillTone, typeof CircleCheck> = {
  good: CircleCheck,
  sending: RefreshCw,
  offline: CloudOff,
  planned: Unplug,
  attention: TriangleAlert,
  stopped: PauseCircle,
  starting: LoaderCircle,
};

export function PillIcon({ tone, turning, size = 18 }: { tone: PillTone; turning: boolean; size?: number }): ReactNode {
  const Icon = ICONS[tone];
  return <Icon size={size} aria-hidden className={turning ? "turning" : undefined} />;
}
