import { tauriPlatform } from "../platform/tauri";
import { boot } from "./boot";

void boot(tauriPlatform());
