package mongo

// SetJournalPart says how much of a journal one document holds.
func (d *Devices) SetJournalPart(bytes int) { d.part = bytes }
