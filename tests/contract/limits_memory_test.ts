import { memoryLimits } from "../../lib/limits/memory.ts";
import { limitsContract } from "./limits.ts";

limitsContract("memory", memoryLimits);
