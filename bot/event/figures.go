package event

// Figures are an event in numbers, as its report gives them: kept with a final
// report, so that events can be compared when the people's data are gone.
type Figures struct {
	Registered int `json:"registered,omitempty"` // confirmed registrations
	Invited    int `json:"invited,omitempty"`    // guests who were invited
	Answered   int `json:"answered,omitempty"`   // of them, who answered
	Coming     int `json:"coming,omitempty"`     // participations that said yes
	Expected   int `json:"expected,omitempty"`   // people they bring
	// Attended is whether check-ins are known; else Came and Heads are 0.
	Attended  bool `json:"attended,omitempty"`
	Came      int  `json:"came,omitempty"`  // participations that came
	Heads     int  `json:"heads,omitempty"` // people who came
	UKM       int  `json:"ukm,omitempty"`   // confirmed registrations of businesses
	Koperasi  int  `json:"koperasi,omitempty"`
	Kecamatan int  `json:"kecamatan,omitempty"` // how many kecamatan they are from
	Replies   int  `json:"replies,omitempty"`   // to the survey
	Rating    int  `json:"rating,omitempty"`    // its mean in tenths
	Done      int  `json:"done,omitempty"`      // steps done
	Steps     int  `json:"steps,omitempty"`
}
