"""The words everybody uses: event, verdict, reasons, records, layout. No I/O, no other room."""
