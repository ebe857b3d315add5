import { testStreamContract } from "../support/stream_contract.ts";
import { TRANSPORTS } from "../support/transports.ts";

for (const transport of TRANSPORTS) testStreamContract(transport);
