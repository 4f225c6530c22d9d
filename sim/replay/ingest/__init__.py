"""From the files a shop exports to one canonical stream: nothing is lost without a name, a line and a reason."""
