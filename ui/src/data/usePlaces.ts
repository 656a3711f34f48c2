import { useCallback, useEffect, useState } from "react";
import type { CarryPlaces } from "../bindings/bindings";
import { attempt } from "./actions";
import { useDesk } from "./useDesk";

/** What is plugged in and what lies there, and a way to look again. */
export function usePlaces(): [CarryPlaces | null, () => void] {
  const desk = useDesk();
  const [places, setPlaces] = useState<CarryPlaces | null>(null);
  const look = useCallback(async () => (await attempt(() => desk.platform.carryPlaces())) ?? { ownFolder: "", places: [], files: [] }, [desk]);
  useEffect(() => {
    let wanted = true;
    void look().then((found) => (wanted ? setPlaces(found) : undefined));
    return () => {
      wanted = false;
    };
  }, [look]);
  return [places, () => void look().then(setPlaces)];
}
